"""Every route of OSS."""

from yunbox.services.oss.api import (
    attributes,
    buckets,
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

ROUTES = (
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
)
