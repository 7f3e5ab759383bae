"""Every route of OSS."""

from yunbox.services.oss.api import attributes, buckets, listing, multipart, objects, reads, settings

ROUTES = (
    *reads.ROUTES,
    *objects.ROUTES,
    *listing.ROUTES,
    *multipart.ROUTES,
    *attributes.ROUTES,
    *buckets.ROUTES,
    *settings.ROUTES,
)
