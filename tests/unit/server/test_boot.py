"""The composition root: services by name, and nothing left open by one that does not start."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from yunbox.kernel.clock import ManualClock
from yunbox.kernel.errors import InvalidArgument
from yunbox.server import boot
from yunbox.server.boot import Ready, running
from yunbox.server.folder import read_server
from yunbox.server.services import SERVICES, chosen, declared
from yunbox.spine.house import House, Settings
from yunbox.spine.service import Endpoint, Service


class Shop:
    """A service that notes what happens to it, and may fail where a test says."""

    def __init__(self, fails: str = "") -> None:
        self.fails = fails
        self.told: list[str] = []
        self.address = ""

    def step(self, name: str) -> None:
        self.told.append(name)
        if name == self.fails:
            raise RuntimeError(f"{name} failed")

    def build(self, house: House) -> "Shop":
        self.step("build")
        self.address = house.address("shop")
        return self

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        self.step("start")
        try:
            yield
        finally:
            self.told.append("end")

    def apps(self) -> dict[str, Any]:
        self.step("listen")
        return {"shop": _answer}

    async def drain(self, _timeout_s: float) -> None:
        self.told.append("drain")

    @property
    def declaration(self) -> Service["Shop"]:
        return Service("shop", "A shop", {"shop": Endpoint(0, "/v1")}, self.build, Shop.apps, Shop.running, Shop.drain)


async def _answer(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def start(folder: Path) -> Ready:
    async with running(Settings(folder), ManualClock()) as ready:
        return ready


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = Shop()
    monkeypatch.setattr(boot, "chosen", lambda _names: [made.declaration])
    return made


def test_a_service_is_built_started_heard_drained_and_ended(other: Shop, tmp_path: Path) -> None:
    ready = asyncio.run(start(tmp_path))
    assert ready.endpoints == {"shop": f"{other.address}/v1"}
    assert other.told == ["build", "start", "listen", "drain", "end"]


@pytest.mark.parametrize("step", ["build", "start", "listen"])
def test_one_that_fails_to_start_leaves_nothing_open(other: Shop, tmp_path: Path, step: str) -> None:
    other.fails = step
    with pytest.raises(RuntimeError, match=f"{step} failed"):
        asyncio.run(start(tmp_path))
    assert read_server(tmp_path) is None
    assert ("end" in other.told) == (step == "listen")
    if other.address:
        port = int(other.address.rpartition(":")[2])
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            pass
    other.fails = ""
    assert asyncio.run(start(tmp_path)).account_id  # and the folder is free again


def test_every_service_is_declared_under_its_name() -> None:
    assert tuple(declared(name).name for name in SERVICES) == SERVICES


def test_services_come_in_their_own_order_and_all_of_them_if_none_is_named() -> None:
    assert [service.name for service in chosen(("oss", "maxcompute"))] == ["maxcompute", "oss"]
    assert tuple(service.name for service in chosen(())) == SERVICES


def test_a_name_that_is_no_service() -> None:
    with pytest.raises(InvalidArgument, match="There is no service 'os': choose from maxcompute, oss"):
        chosen(("oss", "os"))


def test_no_two_endpoints_have_one_place() -> None:
    found = [endpoint.place for service in chosen(()) for endpoint in service.endpoints.values()]
    assert len(set(found)) == len(found)
