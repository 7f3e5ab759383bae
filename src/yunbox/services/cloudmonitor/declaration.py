"""CloudMonitor as the house knows it."""

import contextlib
import logging
from collections.abc import AsyncGenerator

from yunbox.kernel.periodic import Periodic
from yunbox.services.cloudmonitor.alerts import Teller
from yunbox.services.cloudmonitor.apis import API
from yunbox.services.cloudmonitor.evaluation import Evaluation
from yunbox.services.cloudmonitor.samples import Samples
from yunbox.services.cloudmonitor.schema import CLOUDMONITOR_SCHEMA
from yunbox.services.cloudmonitor.service import CloudMonitor
from yunbox.spine.house import House
from yunbox.spine.service import Coverage, Option, Service
from yunbox.wire.outgoing import Reach

PERIOD_S = 2.5
"""How often rules are looked at, and alerts that wait are told."""
_SWEEP_S = 3600.0
_LOG = logging.getLogger("yunbox")


def _build(house: House) -> CloudMonitor:
    return CloudMonitor(
        database=house.database,
        account_id=house.account_id,
        region=house.settings.region,
        clock=house.clock,
        samples=Samples(house.database, house.clock),
        journal=house.journal,
        reach=Reach(house.settings.options.get("webhooks") == "anywhere", house.http_ports),
    )


@contextlib.asynccontextmanager
async def _running(service: CloudMonitor) -> AsyncGenerator[None]:
    evaluation, teller = Evaluation(service), Teller(service)
    async with (
        Periodic(_LOG, PERIOD_S, evaluation.look, teller.tell),
        Periodic(_LOG, _SWEEP_S, service.samples.sweep, evaluation.sweep),
    ):
        yield
    await service.samples.flush()


def _coverage() -> Coverage:
    from yunbox.services.cloudmonitor import coverage

    operations = [one.values for one in coverage.statuses()]
    return Coverage({"operations": operations, "beside": dict(coverage.BESIDE)}, coverage.page())


SERVICE = Service(
    name="cloudmonitor",
    title="CloudMonitor",
    endpoints={},
    build=_build,
    apps=lambda _service: {},
    running=_running,
    schema=CLOUDMONITOR_SCHEMA,
    options=(
        Option(
            "webhooks",
            "loopback",
            "where alarms may call webhooks (default: this machine)",
            choices=("loopback", "anywhere"),
        ),
    ),
    readers=lambda service: (service.samples.record,),
    coverage=_coverage,
    apis=lambda service: (API.bound(service),),
)
