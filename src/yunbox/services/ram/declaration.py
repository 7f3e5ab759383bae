"""RAM and STS as the house knows them."""

from yunbox.services.ram.apis import RAM_API, STS_API
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
    return Ram(house.account_id, house.directory, house.identity, house.authoriser, house.clock, uses)


SERVICE = Service(
    name="ram",
    title="RAM and STS",
    endpoints={},
    build=_build,
    apps=lambda _service: {},
    running=lambda service: service.uses.running(),
    readers=lambda service: (service.uses.record,),
    coverage=_coverage,
    apis=lambda service: (RAM_API.bound(service), STS_API.bound(service)),
)
