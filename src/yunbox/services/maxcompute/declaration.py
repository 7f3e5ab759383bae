"""MaxCompute as the house knows it."""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import asdict

from yunbox.services.maxcompute.housekeeping import housekeeping
from yunbox.services.maxcompute.management.api import API as MANAGEMENT_API
from yunbox.services.maxcompute.schema import MAXCOMPUTE_SCHEMA
from yunbox.services.maxcompute.service import MaxCompute, build
from yunbox.services.maxcompute.wire import OdpsFront
from yunbox.spine.service import Client, Coverage, Endpoint, Service
from yunbox.sql.dialects import ON_DUCKDB
from yunbox.storage.tables.schema import TABLES_SCHEMA
from yunbox.wire.app import HttpApp
from yunbox.wire.odps.signing import SCHEMES


@contextlib.asynccontextmanager
async def _running(service: MaxCompute) -> AsyncGenerator[None]:
    service.sql.instances.end_interrupted()
    await _ensure_project(service)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(service.sql.jobs.close)
        await stack.enter_async_context(housekeeping(service.sweeps))
        yield


async def _ensure_project(service: MaxCompute) -> None:
    if service.catalogue.project(service.project) is None:
        account_id = service.account_id
        owner = f"ALIYUN${service.projects.account_name(account_id)}"
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
    build=build,
    apps=lambda service: {"maxcompute": HttpApp(OdpsFront(service), service.spine.call)},
    running=_running,
    drain=lambda service, timeout_s: service.sql.jobs.drain(timeout_s),
    schema=TABLES_SCHEMA + MAXCOMPUTE_SCHEMA,
    schemes=SCHEMES,
    dialects={"maxcompute": ON_DUCKDB["maxcompute"]},
    lends={"odps": "yunbox.services.maxcompute.lent"},
    apis=lambda service: (MANAGEMENT_API.bound(service),),
    coverage=_coverage,
    hints=_hints,
)
