"""A job without a server: rows are fed by hand, and what comes out is looked at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from yunbox.engine.stream.batch import Batch, Change, Kind, Row, from_changes
from yunbox.engine.stream.connectors import kinds
from yunbox.engine.stream.connectors.connector import Connector
from yunbox.engine.stream.connectors.registry import CONNECTORS
from yunbox.engine.stream.job import JobRunner
from yunbox.sql.flink.plans import AssignWatermark, Collect, Field, Job, Node, Sink, Source, Table, TableColumn

FEEDS: dict[str, "Feed"] = {}


class Feed:
    """What was fed to a table; its offset is how many batches were read."""

    def __init__(self, source: Source, _environment: Any) -> None:
        self.types = tuple(column.type for column in source.columns)
        self.columns = tuple(f"c{at}" for at in range(len(self.types)))
        self.is_finished = False
        self.batches: list[Batch] = []
        self.at = 0
        self.parts = ["0"]
        FEEDS[source.table.name] = self

    def poll(self, _rows_max: int) -> Sequence[Batch]:
        found, self.at = self.batches[self.at :], len(self.batches)
        return found

    def offsets(self) -> int:
        return self.at

    def seek(self, offsets: Any) -> None:
        self.batches = [from_changes([], self.types)] * int(offsets)
        self.at = int(offsets)

    def shards(self) -> Sequence[str]:
        return self.parts

    def lag_rows(self) -> int | None:
        return None

    def place(self, batch: Batch, row: int) -> str:
        return f"{batch.shard}:{row}"

    def close(self) -> None:
        pass


for _name in ("feed", "feed-cdc"):  # the latter tells of changes
    CONNECTORS[_name] = lambda: Connector(reader=Feed)
    kinds.KINDS[_name] = kinds.Kind(_name, reads=True)


def feed(name: str, *fields: Field, changelog: bool = False, delay_ms: int | None = None) -> Node:
    """A table that is fed by hand; with ``delay_ms`` its rowtime has a watermark."""
    columns = tuple(TableColumn(one.name, one.type) for one in fields)
    table = Table("c", "d", name, columns, {"connector": "feed"})
    source = Source(tuple(fields), table, columns, table.options, changelog)
    times = [at for at, one in enumerate(fields) if one.time == "rowtime"]
    if delay_ms is None or not times:
        return source
    return AssignWatermark(tuple(fields), source, times[0], f"c{times[0]} - to_milliseconds({delay_ms})")


class Run:
    """A job under way."""

    def __init__(
        self, folder: Path, *nodes: Node, batch: bool = False, letters: Sink | None = None, **settings: str
    ) -> None:
        self.folder = folder
        self._job = Job(tuple(Collect(node) for node in nodes), "test", settings, batch, dead_letters=letters)
        self._out: list[Change] = []
        self.runner = self._start()

    def _start(self) -> JobRunner:
        self._out.clear()
        self.folder.mkdir(exist_ok=True)
        return JobRunner(
            self._job,
            self.folder,
            job_id="j",
            give=self._out.extend,
            memory_bytes_max=self.memory,
            now=lambda: self.now + self.jump_s,
            steady=lambda: self.now,
        )

    memory = 1 << 28
    now = 1_700_000_000.0
    jump_s = 0.0
    """By how much the machine's clock has been set forward."""

    def send(self, table: str, *rows: Row, shard: str = "0", kind: str = "+I") -> list[str]:
        """Have rows come, and what becomes of them."""
        number = [one.text for one in Kind].index(kind)
        return self.change(table, *((number, row) for row in rows), shard=shard)

    def change(self, table: str, *changes: Change, shard: str = "0") -> list[str]:
        """Have changes come, and what becomes of them."""
        one = FEEDS[table]
        one.batches.append(from_changes(list(changes), one.types, shard))
        return self.step()

    def end(self, *tables: str) -> list[str]:
        """No more comes from some tables."""
        for table in tables:
            FEEDS[table].is_finished = True
        return self.step()

    def step(self) -> list[str]:
        """One epoch: what comes out, as text."""
        self._out.clear()
        self.runner.step()
        self.runner.settle()
        return [f"{Kind(kind).text}{list(row)}".replace("'", "") for kind, row in self._out]

    def again(self) -> list[str]:
        """Go on from what is on disk; what the sinks get once more."""
        self.runner.close()
        self.runner = self._start()
        return [f"{Kind(kind).text}{list(row)}".replace("'", "") for kind, row in self._out]
