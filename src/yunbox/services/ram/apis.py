"""The APIs of RAM and STS: all their routes."""

from yunbox.services.ram import diagnoses, groups, ims, keys, linked, policies, roles, settings, sts, tags, users
from yunbox.wire.openapi.api import Api

RAM_API = Api(
    "Ram",
    "2015-05-01",
    (
        *users.ROUTES, *keys.ROUTES, *groups.ROUTES, *roles.ROUTES, *linked.ROUTES, *policies.ROUTES, *tags.ROUTES,
        *settings.ROUTES, *diagnoses.ROUTES,
    ),
)  # fmt: skip
STS_API = Api("Sts", "2015-04-01", sts.ROUTES, unsigned=frozenset(("AssumeRoleWithOIDC",)))
IMS_API = Api("Ims", "2019-08-15", ims.ROUTES)
RESOURCE_MANAGER_API = Api("ResourceManager", "2020-03-31", linked.OF_RESOURCE_MANAGEMENT)
