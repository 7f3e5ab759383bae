"""Every route of OSS. Each operation of the vendor's is admitted by the limits, where they are on.

Beyond the operations that know of buckets elsewhere, none is let near one: it would look into an empty bucket.
"""

from dataclasses import replace

from yunbox.services.oss.buckets import account, buckets, listing, mounts, preflight
from yunbox.services.oss.buckets.mounted import guarded
from yunbox.services.oss.http.route import Route
from yunbox.services.oss.limits import admit
from yunbox.services.oss.objects import attributes, multipart, posts, reads, selects, writes
from yunbox.services.oss.settings import settings, worm
from yunbox.services.oss.upkeep import hotspots, tools


def _limited(route: Route) -> Route:
    if route.operation.name.startswith("Yunbox"):
        return route
    return replace(route, operation=replace(route.operation, admit=admit))


_ALL = (
    *reads.ROUTES,
    *writes.ROUTES,
    *listing.ROUTES,
    *multipart.ROUTES,
    *attributes.ROUTES,
    *account.ROUTES,
    *buckets.ROUTES,
    *settings.ROUTES,
    *worm.ROUTES,
    *posts.ROUTES,
    *selects.ROUTES,
    *preflight.ROUTES,
    *tools.ROUTES,
    *hotspots.ROUTES,
    *mounts.ROUTES,
)
ROUTES = tuple(guarded(_limited(route)) for route in _ALL)
