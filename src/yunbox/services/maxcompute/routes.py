"""The whole surface of MaxCompute in one list."""

from yunbox.kernel.call import Operation
from yunbox.services.maxcompute.catalogue import projects, quotas, tables
from yunbox.services.maxcompute.functions import api as functions
from yunbox.services.maxcompute.resources import api as resources
from yunbox.services.maxcompute.route import Route
from yunbox.services.maxcompute.security import api as security
from yunbox.services.maxcompute.sql import api as instances
from yunbox.services.maxcompute.sql import logview
from yunbox.services.maxcompute.tunnel.api import batch, preview, streams

ROUTES: list[Route] = [
    *batch.ROUTES,  # before the tables and instances whose paths it shares
    *streams.ROUTES,
    *preview.ROUTES,
    *projects.ROUTES,
    *instances.ROUTES,
    *tables.ROUTES,
    *resources.ROUTES,
    *functions.ROUTES,
    *security.ROUTES,
    *quotas.ROUTES,
    *logview.ROUTES,
]


def operations() -> list[Operation]:
    """Every operation that a route leads to, each once."""
    return list({id(route.operation): route.operation for route in ROUTES}.values())
