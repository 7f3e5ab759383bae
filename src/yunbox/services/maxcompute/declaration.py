"""MaxCompute as the house knows it."""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import asdict

from yunbox.services.maxcompute.housekeeping import housekeeping
from yunbox.services.maxcompute.schema import MAXCOMPUTE_SCHEMA
from yunbox.services.maxcompute.service import MaxCompute
from yunbox.services.maxcompute.sql.admission import Admission
from yunbox.services.maxcompute.wire import MaxComputeApp
from yunbox.spine.house import House
from yunbox.spine.service import Client, Coverage, Endpoint, Service
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.schema import TABLES_SCHEMA
from yunbox.storage.tables.snapshots import Snapshots


def _build(house: House) -> MaxCompute:
    catalogue = Catalogue(house.database, house.lake, house.clock)
    return MaxCompute(
        folder=house.folder,
        database=house.database,
        clock=house.clock,
        spine=house.spine,
        identity=house.identity,
        identity_store=house.store,
        authoriser=house.authoriser,
        admission=Admission(house.ledger.prices, house.ledger),
        ledger=house.ledger,
        prices=house.ledger.prices,
        catalogue=catalogue,
        snapshots=Snapshots(house.database, catalogue, house.clock),
        objects=house.objects,
        backends=house.backends,
        pool=house.pool,
        tunnel_pool=house.tunnel_pool,
        address=house.address("maxcompute"),
        account_id=house.account_id,
        project=house.settings.project,
        region=house.settings.region,
    )


@contextlib.asynccontextmanager
async def _running(service: MaxCompute) -> AsyncGenerator[None]:
    service.instances.end_interrupted()
    await _ensure_project(service)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(service.jobs.close)
        await stack.enter_async_context(housekeeping(service))
        yield


async def _ensure_project(service: MaxCompute) -> None:
    if service.catalogue.project(service.project) is None:
        account_id = service.account_id
        owner = f"ALIYUN${service.account_name(account_id)}"
        await service.catalogue.create_project(service.project, account_id=account_id, owner=owner)


def _coverage() -> Coverage:
    from yunbox.services.maxcompute import coverage

    offered = [asdict(item) for item in coverage.offered()]
    return Coverage({"offered": offered, "not_offered": coverage.NOT_OFFERED}, coverage.page())


def _hints(client: Client) -> Sequence[str]:
    return (
        "from odps import ODPS",
        f'o = ODPS("{client.access_key_id}", "{client.access_key_secret}", "{client.project}",',
        f'         endpoint="{client.endpoints["maxcompute"]}")',
        "",
        f'odpscmd --data {client.data} -e "SELECT 1;"',
    )


SERVICE = Service(
    name="maxcompute",
    title="MaxCompute",
    endpoints={"maxcompute": Endpoint(0, "/api")},
    build=_build,
    apps=lambda service: {"maxcompute": MaxComputeApp(service)},
    running=_running,
    drain=lambda service, timeout_s: service.jobs.drain(timeout_s),
    schema=TABLES_SCHEMA + MAXCOMPUTE_SCHEMA,
    dialects={"maxcompute": "yunbox.sql.maxcompute.on_duckdb"},
    coverage=_coverage,
    hints=_hints,
)
