"""ActionTrail as the house knows it."""

from yunbox.services.actiontrail.events import ROUTES, Trail
from yunbox.spine.house import House
from yunbox.spine.service import Service
from yunbox.wire.openapi.api import Api

API = Api("Actiontrail", "2020-07-06", ROUTES)


def _build(house: House) -> Trail:
    return Trail(house.folder / "logs" / "audit", house.account_id, house.settings.region, house.clock)


SERVICE = Service(
    name="actiontrail",
    title="ActionTrail",
    endpoints={},
    build=_build,
    apps=lambda _service: {},
    apis=lambda service: (API.bound(service),),
)
