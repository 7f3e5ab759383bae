"""MaxCompute's management API: all its routes."""

from yunbox.kernel import errors
from yunbox.services.maxcompute.management import jobs, objects, projects, quotas, roles, tags
from yunbox.services.maxcompute.management.base import INVALID
from yunbox.wire.openapi.api import Api

API = Api(
    "MaxCompute",
    "2022-01-04",
    (*projects.ROUTES, *roles.ROUTES, *objects.ROUTES, *quotas.ROUTES, *jobs.ROUTES, *tags.ROUTES),
    {errors.InvalidArgument: (400, INVALID)},
    request_id_name="requestId",
)
