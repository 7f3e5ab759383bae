"""Records that cannot be worked on: found among the thousands of their batch, and named by where they came from."""

from collections.abc import Mapping, Sequence

import duckdb
import numpy as np

from yunbox.engine.stream.batch import Batch
from yunbox.engine.stream.connectors.connector import Unrecoverable
from yunbox.engine.stream.duck import Duck, source, target
from yunbox.engine.stream.graph import Graph, Input, Stage


class PoisonRecord(Unrecoverable):
    """A record of which a query can make nothing. To try again would not help: the job fails."""


def poison(graph: Graph, duck: Duck, came: Mapping[Stage, Sequence[Batch]], error: duckdb.Error) -> PoisonRecord:
    """What is to be said of an error in an epoch: the first record that gives it, where one does."""
    for one in _inputs(graph):
        for batch in came.get(one.stage, ()):
            row = _first(one, duck, batch)
            if row is not None and one.stage.reader is not None:
                return PoisonRecord(f"{one.stage.reader.place(batch, row)}: {_reason(error)}")
    return PoisonRecord(_reason(error))


def _inputs(graph: Graph) -> list[Input]:
    return [one for stage in (*graph.stages, *graph.sinks) for one in stage.inputs if one.stage.reader is not None]


def _first(one: Input, duck: Duck, batch: Batch) -> int | None:
    """The first row for which the query of an input fails, by halving."""
    sql = target(one.fragment(source(one.types)), one.given)
    low, high = 0, batch.size
    if not _fails(duck, sql, batch):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if _fails(duck, sql, batch.taken(np.arange(low, middle))):
            high = middle
        else:
            low = middle
    return low


def _fails(duck: Duck, sql: str, batch: Batch) -> bool:
    try:
        duck.run(sql, batch)
    except duckdb.Error:
        return True
    return False


def _reason(error: duckdb.Error) -> str:
    return str(error).partition("\n")[0]
