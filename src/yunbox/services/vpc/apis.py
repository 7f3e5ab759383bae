"""The API of VPC: all its routes."""

from yunbox.services.vpc import tags, vpcs, vswitches
from yunbox.services.vpc.service import CODES
from yunbox.wire.openapi.api import Api

API = Api("Vpc", "2016-04-28", (*vpcs.ROUTES, *vswitches.ROUTES, *tags.ROUTES), CODES)
