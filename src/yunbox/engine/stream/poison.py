"""Records that cannot be worked on: found among the thousands of their batch, and named by where they came from."""

from collections.abc import Iterator, Mapping, Sequence

import duckdb
import numpy as np

from yunbox.engine.stream.batch import Batch
from yunbox.engine.stream.connectors.connector import Unrecoverable
from yunbox.engine.stream.duck import Duck, source, target
from yunbox.engine.stream.graph import Graph, Stage


class PoisonRecord(Unrecoverable):
    """A record of which a query can make nothing. To try again would not help: the job fails."""


def poison(graph: Graph, duck: Duck, came: Mapping[Stage, Sequence[Batch]], error: duckdb.Error) -> PoisonRecord:
    """What is to be said of an error in an epoch: the first record that gives it, where one does."""
    for stage, sql in queries(graph):
        for batch in came.get(stage, ()):
            row = _first(sql, duck, batch)
            if row is not None and stage.reader is not None:
                return PoisonRecord(f"{stage.reader.place(batch, row)}: {reason(error)}")
    return PoisonRecord(reason(error))


def queries(graph: Graph) -> Iterator[tuple[Stage, str]]:
    """Each source, and a query that is worked out over its rows: those of steps below it, and of its watermark."""
    for tap in graph.taps:
        yield tap.stage, tap.sql
    for stage in (*graph.stages, *graph.sinks):
        for one in stage.inputs:
            if one.stage.reader is None:
                continue
            if stage.fused and stage.operator is not None:
                yield from ((one.stage, sql) for sql in stage.operator.queries())
            elif not one.is_plain:
                yield one.stage, target(one.fragment(source(one.types)), one.given)


def _first(sql: str, duck: Duck, batch: Batch) -> int | None:
    """The first row for which a query fails, by halving."""
    low, high = 0, batch.size
    if not _fails(duck, sql, batch):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if _fails(duck, sql, batch.taken(np.arange(low, middle))):
            high = middle
        else:
            low = middle
    return low if _fails(duck, sql, batch.taken(np.arange(low, high))) else None  # or only some together do


def _fails(duck: Duck, sql: str, batch: Batch) -> bool:
    try:
        duck.run(sql, batch)
    except duckdb.Error:
        return True
    return False


def reason(error: duckdb.Error) -> str:
    """What an error says, without where in the query."""
    return str(error).partition("\n")[0]
