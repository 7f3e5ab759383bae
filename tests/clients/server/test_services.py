"""`yunbox up --services`: what is off does not listen, is not imported and is not spoken of."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import oss2
import pytest
from odps import ODPS

from tests.clients.hologres.clients import connected
from tests.clients.server.telling import Telling
from yunbox.server.boot import places
from yunbox.server.services import SERVICES, chosen, declared
from yunbox.testing.server import Server


def use_oss(server: Server) -> None:
    bucket = oss2.Bucket(oss2.Auth(server.access_key_id, server.access_key_secret), server.endpoints["oss"], "alone")
    bucket.create_bucket()
    bucket.put_object("a", b"alone")
    assert bucket.get_object("a").read() == b"alone"


def use_maxcompute(server: Server) -> None:
    o = ODPS(server.access_key_id, server.access_key_secret, server.project, endpoint=server.endpoint)
    with o.execute_sql("SELECT 1 + 1").open_reader() as reader:
        assert next(iter(reader))[0] == 2


def use_hologres(server: Server) -> None:
    with connected(server) as client:
        assert client.execute("show server_version").fetchone() == ("11.3",)


ALONE: dict[str, tuple[set[str], Callable[[Server], None]]] = {
    "oss": ({"oss"}, use_oss),
    "maxcompute": ({"maxcompute"}, use_maxcompute),
    "hologres": ({"hologres"}, use_hologres),
    "maxcompute,monitor": ({"maxcompute", "metrics"}, use_maxcompute),
}


@pytest.mark.parametrize("services", ALONE)
def test_only_what_is_named_is_there(services: str, tmp_path: Path) -> None:
    endpoints, use = ALONE[services]
    telling = Telling(tmp_path, "--services", services)
    with telling.server as server:
        assert set(server.endpoints) == endpoints
        use(server)
        modules = telling.modules()
        server.start()
    off = {f"yunbox.services.{name}" for name in SERVICES if name not in services.split(",")}
    assert not [module for module in modules if any(module.startswith(name) for name in off)]


def test_the_start_lines_are_those_of_what_is_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "yunbox", "up", "--data", str(tmp_path), "--services", "oss"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        lines = []
        while "Ctrl-C" not in (line := child.stdout.readline()):
            lines.append(line)
        child.terminate()
    assert any("import oss2" in line for line in lines)
    assert not any("odps" in line.lower() for line in lines)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--services", "oss,hive"), "there is no service 'hive'"),
        (("--services", "maxcompute", "--oss-limits", "real"), "--oss-limits"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "yunbox", "up", "--data", str(tmp_path / "none"), *words]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "none").exists()


def test_every_service_has_its_own_place_in_the_block() -> None:
    services = chosen(())
    assert [service.name for service in services] == list(SERVICES)
    found = places(services)
    assert len(set(found.values())) == sum(len(service.endpoints) for service in services)
    for name in SERVICES:
        assert set(declared(name).endpoints) <= set(found)
