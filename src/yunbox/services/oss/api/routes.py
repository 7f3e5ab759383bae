"""Every route of OSS. Each operation of the vendor's is admitted by the limits, where they are on."""

from dataclasses import replace

from yunbox.services.oss.api import (
    attributes,
    buckets,
    heat,
    listing,
    multipart,
    objects,
    options,
    posts,
    reads,
    selects,
    settings,
    tools,
)
from yunbox.services.oss.limits import admit
from yunbox.services.oss.route import Route


def _limited(route: Route) -> Route:
    if route.operation.name.startswith("Yunbox"):
        return route
    return replace(route, operation=replace(route.operation, admit=admit))


_ALL = (
    *reads.ROUTES,
    *objects.ROUTES,
    *listing.ROUTES,
    *multipart.ROUTES,
    *attributes.ROUTES,
    *buckets.ROUTES,
    *settings.ROUTES,
    *posts.ROUTES,
    *selects.ROUTES,
    *options.ROUTES,
    *tools.ROUTES,
    *heat.ROUTES,
)
ROUTES = tuple(_limited(route) for route in _ALL)
