"""Epochs that are delivered again after a crash, while shards come and go: each record is put once."""

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from yunbox.clients.datahub import DataHubError, ShardInfo, TopicInfo
from yunbox.engine.stream.connectors import datahub_sink
from yunbox.engine.stream.connectors.connector import Environment
from yunbox.engine.stream.connectors.datahub_sink import DataHubWriter
from yunbox.kernel.errors import Unavailable
from yunbox.sql.flink.plans import Sink, Table, TableColumn, Values
from yunbox.sql.flink.types import BYTES


class Crash(Exception):
    """The job's process is killed."""


class Service:
    """DataHub as our broker is it: marks, and shards that are split."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.active = ["0", "1"]
        self.records: dict[str, list[bytes]] = {"0": [], "1": []}
        self.marks: dict[str, int] = {}
        self.crash_rate = 0.0

    def split(self) -> None:
        """One shard is closed, and two come; or one that was closed by mistake is open again."""
        gone = self.chance.choice(self.active)
        more = [str(len(self.records)), str(len(self.records) + 1)]
        self.active = [one for one in self.active if one != gone] + more
        self.records |= {name: [] for name in more}
        if self.chance.random() < 0.3:
            self.active.append(gone)

    def put(self, _project: str, _topic: str, shard: str, bodies: Sequence[bytes], mark: str = "") -> None:
        if self.chance.random() < 0.05:
            self.split()
        self.crash()
        number = int(mark.partition(" ")[0])
        if number <= self.marks.get(shard, -1):
            return
        if shard not in self.active:
            raise DataHubError("closed", code="InvalidShardOperation")
        self.records[shard] += bodies
        self.marks[shard] = number
        self.crash()

    def crash(self) -> None:
        if self.chance.random() < self.crash_rate:
            raise Crash

    def topic(self, project: str, name: str) -> TopicInfo:
        return TopicInfo(project, name, None, 2)

    def shards(self, _project: str, _topic: str) -> list[ShardInfo]:
        return [ShardInfo(name, name in self.active) for name in self.records]

    def close(self) -> None:
        pass


def writer(service: Service, folder: Path, monkeypatch: pytest.MonkeyPatch, hashed: str = "") -> DataHubWriter:
    monkeypatch.setattr(datahub_sink, "DataHubClient", lambda *_: service)
    monkeypatch.setattr(datahub_sink, "body_of", lambda values, _: (values[0], 1))
    monkeypatch.setattr(datahub_sink, "_PUT_RECORDS_MAX", 3)
    monkeypatch.setattr(datahub_sink, "_LIST_EVERY_S", 0.0)
    monkeypatch.setattr(datahub_sink, "_RESHAPED_S_MAX", 0.0)
    columns = (TableColumn("data", BYTES),)
    options = {"project": "p", "topic": "t", "hashFields": hashed}
    sink = Sink(Table("c", "d", "t", columns, options), columns, options, Values((), ()))
    return DataHubWriter(sink, Environment("job", str(folder), sink="sink-0"))


@pytest.mark.parametrize("seed", range(60))
def test_each_record_is_put_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    chance = random.Random(seed)
    service = Service(chance)
    hashed = "data" if seed % 2 else ""
    made = writer(service, tmp_path, monkeypatch, hashed)
    expected: list[bytes] = []
    for epoch in range(1, 30):
        rows: list[Any] = [f"{epoch:04d}{at:04d}" for at in range(chance.choice((1, 5, 40)))]
        expected += [datahub_sink.b64decode(row) for row in rows]
        service.crash_rate = 0.1
        while True:
            try:
                made.deliver(epoch, [(0, (row,)) for row in rows])
                break
            except (Crash, Unavailable):
                service.crash_rate *= 0.7
                made = writer(service, tmp_path, monkeypatch, hashed)
        if chance.random() < 0.2:
            made = writer(service, tmp_path, monkeypatch, hashed)
    assert Counter(one for some in service.records.values() for one in some) == Counter(expected)
    assert len(service.records) > 2
