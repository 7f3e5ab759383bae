"""RAM and STS as the house knows them."""

from yunbox.services.ram import groups, keys, policies, roles, settings, sts, tags, users
from yunbox.services.ram.service import Ram
from yunbox.spine.house import House
from yunbox.spine.service import Service
from yunbox.wire.openapi.api import Api

RAM_API = Api(
    "Ram",
    "2015-05-01",
    (
        *users.ROUTES, *keys.ROUTES, *groups.ROUTES, *roles.ROUTES, *policies.ROUTES, *tags.ROUTES, *settings.ROUTES,
    ),
)  # fmt: skip
STS_API = Api("Sts", "2015-04-01", sts.ROUTES)


def _build(house: House) -> Ram:
    return Ram(house.account_id, house.directory, house.identity, house.authoriser, house.clock)


SERVICE = Service(
    name="ram",
    title="RAM and STS",
    endpoints={},
    build=_build,
    apps=lambda _service: {},
    apis=lambda service: (RAM_API.bound(service), STS_API.bound(service)),
)
