"""The APIs of networks: VPC's, and what ECS has of them, which is security groups."""

from yunbox.services.vpc import eips, groups, nats, routes, rules, tags, vpcs, vswitches
from yunbox.services.vpc.service import CODES
from yunbox.wire.openapi.api import Api

API = Api(
    "Vpc",
    "2016-04-28",
    (*vpcs.ROUTES, *vswitches.ROUTES, *routes.ROUTES, *eips.ROUTES, *nats.ROUTES, *tags.ROUTES),
    CODES,
)
ECS_API = Api("Ecs", "2014-05-26", (*groups.ROUTES, *rules.ROUTES), CODES)
