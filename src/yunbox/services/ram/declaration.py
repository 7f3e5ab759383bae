"""RAM and STS as the house knows them."""

from yunbox.identity.tokens import Tokens
from yunbox.services.ram.apis import IMS_API, RAM_API, RESOURCE_MANAGER_API, STS_API
from yunbox.services.ram.service import Ram
from yunbox.services.ram.uses import Uses
from yunbox.spine.house import House
from yunbox.spine.service import Coverage, Service


def _coverage() -> Coverage:
    from yunbox.services.ram import coverage

    operations = [one.values for one in coverage.statuses()]
    return Coverage({"operations": operations, "beside": dict(coverage.BESIDE)}, coverage.page())


def _build(house: House) -> Ram:
    uses = Uses(house.database)
    return Ram(
        house.account_id, house.directory, house.identity, house.authoriser, house.clock, uses, Tokens(house.clock)
    )


SERVICE = Service(
    name="ram",
    title="RAM and STS",
    endpoints={},
    build=_build,
    apps=lambda _service: {},
    running=lambda service: service.uses.running(),
    readers=lambda service: (service.uses.record,),
    coverage=_coverage,
    apis=lambda service: tuple(api.bound(service) for api in (RAM_API, STS_API, IMS_API, RESOURCE_MANAGER_API)),
)
