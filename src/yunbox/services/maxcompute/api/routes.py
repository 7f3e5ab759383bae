"""The whole surface of MaxCompute in one list."""

from yunbox.kernel.call import Operation
from yunbox.services.maxcompute.api import (
    functions,
    instances,
    logview,
    preview,
    projects,
    quotas,
    resources,
    security,
    streams,
    tables,
    tunnel,
)
from yunbox.services.maxcompute.api.route import Route

ROUTES: list[Route] = [
    *tunnel.ROUTES,  # before the tables and instances whose paths it shares
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
