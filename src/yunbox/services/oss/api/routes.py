"""Every route of OSS. Each operation of the vendor's is admitted by the limits, where they are on.

Beyond the operations that know of buckets elsewhere, none is let near one: it would look into an empty bucket.
"""

from dataclasses import replace

from yunbox.services.oss.api import (
    account,
    attributes,
    buckets,
    heat,
    listing,
    mounts,
    multipart,
    objects,
    options,
    posts,
    reads,
    selects,
    settings,
    tools,
    worm,
)
from yunbox.services.oss.api.elsewhere import guarded
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
    *account.ROUTES,
    *buckets.ROUTES,
    *settings.ROUTES,
    *worm.ROUTES,
    *posts.ROUTES,
    *selects.ROUTES,
    *options.ROUTES,
    *tools.ROUTES,
    *heat.ROUTES,
    *mounts.ROUTES,
)
ROUTES = tuple(guarded(_limited(route)) for route in _ALL)
