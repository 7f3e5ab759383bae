"""Dead letters: records of which a query can make nothing are taken out of an epoch before it is worked on, and go to
a table of their own, with the epoch's other rows. Without such a table a job fails of the first of them.

To find them, what a query makes of a source's rows is worked out once more, and some ten times over ever fewer rows
for each bad record: that takes a tenth of a second, nearly all of it to plan the query.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np

from yunbox.engine.stream.batch import INSERT, Batch, Change
from yunbox.engine.stream.connectors.connector import Keeping, Reader, Writer
from yunbox.engine.stream.duck import Duck
from yunbox.engine.stream.graph import Graph, Stage
from yunbox.engine.stream.poison import queries, reason
from yunbox.sql.flink.plans import Sink, Source

NAME = "dead-letters"
"""Of the sink among a job's."""
_ROWS_MAX, _ROWS_FIRST, _ROWS_MIN = 50_000, 5_000, 500
_SIFTING_S_MAX = 1.0
_OF_VALUES = (duckdb.DataError, duckdb.InvalidInputException)
"""What DuckDB says of values; all else, such as that memory is short, is no record's fault."""


class DeadLetters:
    """Sifts what comes. ``writer`` writes the table."""

    def __init__(self, sink: Sink, writer: Writer, graph: Graph, duck: Duck, job_id: str) -> None:
        self.writer = writer
        self._columns = [column.name.lower() for column in sink.columns]
        self._duck = duck
        self._job_id = job_id
        self.rows_max = _ROWS_FIRST
        """How much is to come at once: less where much of it is bad, so that an epoch does not take long."""
        self._queries: dict[Stage, list[str]] = {}
        for stage, sql in queries(graph):
            self._queries.setdefault(stage, []).append(sql)

    def sifted(self, came: Mapping[Stage, Sequence[Batch]]) -> tuple[dict[Stage, list[Batch]], list[Change]]:
        """What came, without the records that cannot be worked on; and those, as rows of the table."""
        began = time.monotonic()
        kept: dict[Stage, list[Batch]] = {}
        letters: list[Change] = []
        for stage, batches in came.items():
            kept[stage] = []
            for batch in batches:
                bad = self._bad(stage, batch)
                letters += [(int(INSERT), self._letter(stage, batch, row, error)) for row, error in sorted(bad.items())]
                kept[stage].append(_without(batch, bad) if bad else batch)
        took_s = time.monotonic() - began
        wanted = self.rows_max // 2 if took_s > _SIFTING_S_MAX else self.rows_max * 2
        self.rows_max = min(max(wanted, _ROWS_MIN), _ROWS_MAX)
        return kept, letters

    def _bad(self, stage: Stage, batch: Batch) -> dict[int, str]:
        """The rows that cannot be worked on, and why."""
        bad: dict[int, str] = {}
        for sql in self._queries.get(stage, ()):
            rows = np.array([row for row in range(batch.size) if row not in bad]) if bad else np.arange(batch.size)
            bad |= dict(self._failing(sql, batch, rows))
        return bad

    def _failing(self, sql: str, batch: Batch, rows: Any) -> Iterator[tuple[int, str]]:
        """Those of some rows for which a query fails, by halving."""
        if not len(rows):
            return
        try:
            self._duck.run(sql, batch if len(rows) == batch.size else batch.taken(rows))
        except _OF_VALUES as error:
            if len(rows) == 1:
                yield int(rows[0]), reason(error)
                return
            middle = len(rows) // 2
            yield from self._failing(sql, batch, rows[:middle])
            yield from self._failing(sql, batch, rows[middle:])

    def _letter(self, stage: Stage, batch: Batch, row: int, error: str) -> tuple[Any, ...]:
        reader = stage.reader
        assert reader is not None
        original = reader.original(batch, row) if isinstance(reader, Keeping) else None
        told = {
            "record": _record(stage, reader, batch, row) if original is None else original.record,
            "error": error,
            "source": stage.node.table.path if isinstance(stage.node, Source) else None,
            "topic": original.topic if original is not None else None,
            "shard": batch.shard,
            "offset": original.offset if original is not None else None,
            "place": reader.place(batch, row),
            "job": self._job_id,
        }
        return tuple(told[name] for name in self._columns)


def _record(stage: Stage, reader: Reader, batch: Batch, row: int) -> str:
    """What a reader has given, where that is all there is."""
    values = [array[row : row + 1].tolist()[0] for array in batch.columns]
    names = [column.name for column in stage.node.columns] if isinstance(stage.node, Source) else []
    if len(names) != len(values):
        names = [f"c{at}" for at in range(len(values))]
    return json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False, default=str)


def _without(batch: Batch, bad: Mapping[int, str]) -> Batch:
    return batch.taken(np.array([row for row in range(batch.size) if row not in bad], np.int64))
