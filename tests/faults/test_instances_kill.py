"""kill -9 of a server whose Hologres instances come, stop, go on and go: what was acknowledged holds, and no folder is
left of what went."""

import os
import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alibabacloud_hologram20220601 import models as m
from alibabacloud_hologram20220601.client import Client

from tests.clients.openapi.clients import config
from yunbox.testing.server import Server

CYCLES = int(os.environ.get("YUNBOX_CRASH_CYCLES", "8"))
OPTIONS = ("--services", "hologres,openapi,ram")
RUNNING, SUSPENDED, GONE = "Running", "Suspended", "gone"
INSTANCES_MAX = 5


@dataclass
class Changes:
    """One who changes instances until the server dies: what was acknowledged of each, and what nobody has answered."""

    server: Server
    known: dict[str, str]
    seed: int
    begun: dict[str, str] = field(default_factory=dict)
    done: int = 0

    def begin(self) -> "Changes":
        """Change one after another, in a thread."""
        self._random = random.Random(self.seed)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def join(self) -> None:
        """Return once the server has died under it."""
        self._thread.join()

    def _run(self) -> None:
        client = Client(config(self.server))
        while True:
            try:
                self._one(client)
            except Exception:  # the server has died
                return
            self.done += 1

    def _one(self, client: Client) -> None:
        there = [name for name, state in self.known.items() if state != GONE]
        if len(there) < 2 or (len(there) < INSTANCES_MAX and self._random.random() < 0.4):
            request = m.CreateInstanceRequest(
                charge_type="PostPaid", instance_type="Standard", cpu=8, region_id="cn-hangzhou",
                zone_id="cn-hangzhou-h", instance_name="crash",
            )  # fmt: skip
            self.known[client.create_instance(request).body.data.instance_id] = RUNNING
            return
        name = self._random.choice(there)
        wanted = self._random.choice((GONE, SUSPENDED if self.known[name] == RUNNING else RUNNING))
        self.begun = {name: wanted}
        if wanted == GONE:
            client.delete_instance(name, m.DeleteInstanceRequest())
        elif wanted == SUSPENDED:
            client.stop_instance(name)
        else:
            client.resume_instance(name)
        self.known[name] = wanted
        self.begun = {}


def checked(server: Server, changes: Changes) -> dict[str, str]:
    """The state of each instance: the one that was acknowledged, or the one that was asked for and not answered."""
    listed = Client(config(server)).list_instances(m.ListInstancesRequest()).body.instance_list
    found = {one.instance_id: one for one in listed if one.instance_id != "yunbox"}
    for name, state in changes.known.items():
        now = found[name].instance_status if name in found else GONE
        assert now in (state, changes.begun.get(name)), (name, now, state, changes.begun)
    folders = server.data / "holo" / "instances"
    assert {one.name for one in folders.iterdir()} <= set(found) if folders.exists() else True
    for one in found.values():
        if one.instance_status == RUNNING:
            assert is_listening(server, one)
    return {name: one.instance_status for name, one in found.items()}


def is_listening(server: Server, instance: Any) -> bool:
    """Whether a client comes in: refused or let in, it is answered."""
    host, _, port = instance.endpoints[0].endpoint.partition(":")
    try:
        psycopg.connect(host=host, port=int(port), user="nobody", password="wrong", dbname="postgres").close()
    except psycopg.OperationalError as error:
        return "password authentication failed" in str(error)
    return False


@pytest.mark.slow
@pytest.mark.timeout(max(600, 60 * CYCLES))
def test_what_was_acknowledged_of_instances_holds(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", options=OPTIONS).start()
    known: dict[str, str] = {}
    done = 0
    for cycle in range(CYCLES):
        changes = Changes(server, known, cycle).begin()
        time.sleep(random.Random(cycle).uniform(0.1, 0.6))  # the moment of the kill: any
        server.kill()
        changes.join()
        server.start()
        known, done = checked(server, changes), done + changes.done
    server.stop()
    assert done > 3 * CYCLES
