"""DuckDB as the engine of expressions: stateless steps are one query over a batch, whatever they are made of."""

from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import numpy as np
from duckdb import func

from yunbox.engine.stream.batch import OP, Array, Batch, decoded, encoded
from yunbox.sql.flink.functions.natives import Native
from yunbox.sql.flink.on_duckdb import MACROS, NATIVES
from yunbox.sql.flink.types import FlinkType

_SETTINGS = (
    "SET threads = 1",
    "SET pandas_analyze_sample = 0",  # texts are texts: nothing is guessed from the first of them
    "SET preserve_insertion_order = true",
)
_LOCKED = ("SET enable_external_access = false", "SET lock_configuration = true")
"""No query reads files or the network, whatever it is made of."""
_MACROS = (
    """CREATE MACRO wrapped(h) AS CASE WHEN h BETWEEN -9223372036854775808 AND 9223372036854775807
    THEN CAST(h AS BIGINT)
    ELSE CAST((((h + 9223372036854775808::HUGEINT) % 18446744073709551616::HUGEINT) + 18446744073709551616::HUGEINT)
    % 18446744073709551616::HUGEINT - 9223372036854775808::HUGEINT AS BIGINT) END""",
)
"""``wrapped`` makes 64 bits of a wider number, as Java's long wraps around."""
HELD = "held"
"""The table of what several queries take from a batch, so that it is worked out once."""
Fragment = Callable[[str], str]
"""A step: from the SQL of its input, a query with columns ``c0``... and ``op``, to its own."""


class Duck:
    """One connection, in memory. Raises duckdb.Error where a value cannot be what a query says."""

    def __init__(self, time_zone: str = "UTC", memory_bytes_max: int = 0, functions: Sequence[Native] = ()) -> None:
        self._db = duckdb.connect(":memory:")
        for one in (*NATIVES, *functions):
            params: list[Any] = list(one.params)
            self._db.create_function(one.name, one.compute, params, one.returns, null_handling=func.SPECIAL,
                                     side_effects=one.is_volatile)  # fmt: skip
        for statement in (*_SETTINGS, *_MACROS, *MACROS):
            self._db.execute(statement)
        self._db.execute("SET TimeZone = '" + time_zone.replace("'", "''") + "'")
        if memory_bytes_max:
            self._db.execute(f"SET memory_limit = '{memory_bytes_max}B'")
        for setting in _LOCKED:
            self._db.execute(setting)

    def execute(self, sql: str) -> None:
        """Run something that says nothing, such as a macro's definition."""
        self._db.execute(sql)

    def run(self, sql: str, batch: Any = None) -> dict[str, Array]:
        """The columns of a query, in which ``batch`` is a table: a Batch, arrays by name, or a stream of Arrow."""
        if batch is None:
            return self._db.execute(sql).fetchnumpy()
        self._db.register("batch", batch.named if isinstance(batch, Batch) else batch)
        try:
            return self._db.execute(sql).fetchnumpy()
        finally:
            self._db.unregister("batch")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query with values as functions in Python take them."""
        return self._db.execute(sql).fetchall()

    def hold(self, sql: str, batch: Batch) -> None:
        """Have the rows of a query in ``HELD``, in the place of those before."""
        self.run(f"CREATE OR REPLACE TEMP TABLE {HELD} AS {sql}", batch)

    def close(self) -> None:
        """Let go of it."""
        self._db.close()


def source(types: Sequence[FlinkType], table: str = "batch") -> str:
    """The query of a batch's rows with the values they stand for."""
    columns = [f"{decoded(f'c{at}', one)} AS c{at}" for at, one in enumerate(types)]
    return f"SELECT {', '.join([*columns, OP])} FROM {table}"


def target(inner: str, types: Sequence[FlinkType]) -> str:
    """The query of the physical form of what another gives."""
    columns = [f"{encoded(f'c{at}', one)} AS c{at}" for at, one in enumerate(types)]
    return f"SELECT {', '.join([*columns, OP])} FROM ({inner})"


def batch_of(found: dict[str, Array], width: int, shard: str = "", *, changes: bool = True) -> Batch:
    """A batch of a query's answer."""
    kinds = found.get(OP) if changes else None
    if kinds is not None:
        kinds = np.asarray(kinds, np.int8)
        kinds = kinds if kinds.any() else None
    columns = tuple(found[f"c{at}"] for at in range(width))
    size = len(next(iter(found.values()))) if found else 0
    return Batch(columns, size, kinds, shard)
