"""VPC as the house knows it."""

from yunbox.services.vpc.apis import API, ECS_API
from yunbox.services.vpc.schema import VPC_SCHEMA
from yunbox.services.vpc.service import Vpc
from yunbox.spine.house import House
from yunbox.spine.service import Coverage, Service


def _coverage() -> Coverage:
    from yunbox.services.vpc import coverage

    operations = [one.values for one in coverage.statuses()]
    return Coverage({"operations": operations, "beside": dict(coverage.BESIDE)}, coverage.page())


def _build(house: House) -> Vpc:
    return Vpc(house.database, house.account_id, house.settings.region, house.clock)


SERVICE = Service(
    name="vpc",
    title="VPC",
    endpoints={},
    build=_build,
    apps=lambda _service: {},
    schema=VPC_SCHEMA,
    coverage=_coverage,
    apis=lambda service: (API.bound(service), ECS_API.bound(service)),
)
