"""The whole surface of MaxCompute in one list."""

from collections.abc import Callable

from yunbox.kernel.call import Operation
from yunbox.services.maxcompute.catalogue import projects, quotas, tables
from yunbox.services.maxcompute.functions import api as functions
from yunbox.services.maxcompute.resources import api as resources
from yunbox.services.maxcompute.route import OdpsRoute, Target
from yunbox.services.maxcompute.security import api as security
from yunbox.services.maxcompute.service import MaxCompute
from yunbox.services.maxcompute.sql import api as instances
from yunbox.services.maxcompute.sql import logview
from yunbox.services.maxcompute.tunnel.api import batch, preview, streams
from yunbox.wire.route import Route

_OF_PARTS: tuple[tuple[Callable[[MaxCompute], object], list[OdpsRoute]], ...] = (
    (lambda service: service.tunnel, [*batch.ROUTES, *streams.ROUTES, *preview.ROUTES]),
    (lambda service: service.projects, [*projects.ROUTES, *quotas.ROUTES]),
    (lambda service: service.sql, [*instances.ROUTES, *logview.ROUTES]),
    (lambda service: service.tables, tables.ROUTES),
    (lambda service: service.resources, resources.ROUTES),
    (lambda service: service.functions, functions.ROUTES),
    (lambda service: service.security, security.ROUTES),
)
"""The routes to each part; those of the tunnel come first, as tables and instances share their paths."""

ROUTES: list[OdpsRoute] = [route for _, routes in _OF_PARTS for route in routes]


def bound(service: MaxCompute) -> list[Route[Target]]:
    """The routes of a running service, each to its part; those with a marker come before those without."""
    found = [(not route.when, route.bound(part(service))) for part, routes in _OF_PARTS for route in routes]
    return [route for _, route in sorted(found, key=lambda pair: pair[0])]


def operations() -> list[Operation]:
    """Every operation that a route leads to, each once."""
    return list({id(route.operation): route.operation for route in ROUTES}.values())
