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
    *options.ROUTES,
    *tools.ROUTES,
)
