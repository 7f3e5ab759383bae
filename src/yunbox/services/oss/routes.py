"""Every route of OSS."""

from yunbox.services.oss.buckets import absent, account, buckets, listing, mounts, preflight, uploads
from yunbox.services.oss.objects import attributes, copies, deletes, multipart, posts, reads, selects, writes
from yunbox.services.oss.settings import settings, worm
from yunbox.services.oss.upkeep import hotspots, tools

ROUTES = (
    *reads.ROUTES,
    *writes.ROUTES,
    *copies.ROUTES,
    *deletes.ROUTES,
    *listing.ROUTES,
    *multipart.ROUTES,
    *uploads.ROUTES,
    *attributes.ROUTES,
    *account.ROUTES,
    *buckets.ROUTES,
    *absent.ROUTES,
    *settings.ROUTES,
    *worm.ROUTES,
    *posts.ROUTES,
    *selects.ROUTES,
    *preflight.ROUTES,
    *tools.ROUTES,
    *hotspots.ROUTES,
    *mounts.ROUTES,
)
