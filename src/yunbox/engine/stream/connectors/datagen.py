"""``datagen``: rows that are made up, at a rate, as many as wanted.

Source: the page "DataGen SQL Connector" of Flink 2.x: kinds ``random`` and ``sequence`` for each field, with their
bounds; a table whose rows or sequences end is bounded.
"""

import random
import string
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from yunbox.engine.stream.batch import Batch, from_rows
from yunbox.engine.stream.connectors.connector import Connector, Environment
from yunbox.engine.stream.connectors.kinds import option
from yunbox.engine.stream.durations import millis
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.plans import Source
from yunbox.sql.flink.types import FlinkType

_RATE = 10_000
_LENGTH = 100
_BOUNDS = {"TINYINT": 7, "SMALLINT": 15, "INT": 31, "BIGINT": 63}
Make = Callable[[int], Any]


class DataGenReader:
    """Makes rows up. Its offset is how many there were."""

    def __init__(self, source: Source, environment: Environment) -> None:
        options = source.options
        self.types = tuple(column.type for column in source.columns)
        self.columns = tuple(f"c{at}" for at in range(len(self.types)))
        self._rate = int(option(options, "rows-per-second", str(_RATE)))
        rows = option(options, "number-of-rows")
        made = [_maker(column.name, column.type, options) for column in source.columns]
        self._makers = [make for make, _ in made]
        ends = [count for _, count in made if count is not None] + ([int(rows)] if rows else [])
        self._end = min(ends) if ends else None
        if environment.is_batch and self._end is None:
            raise InvalidArgument(
                f"Querying an unbounded table {source.table.path} in batch mode is not allowed: set 'number-of-rows'"
            )
        self._next = 0
        self._began = time.monotonic()
        self._began_at = 0

    @property
    def is_finished(self) -> bool:
        """Whether all rows were made."""
        return self._end is not None and self._next >= self._end

    def poll(self, rows_max: int) -> Sequence[Batch]:
        """As in Reader."""
        allowed = self._began_at + int((time.monotonic() - self._began) * self._rate) + 1
        end = min(allowed, self._next + rows_max, self._end if self._end is not None else allowed)
        if end <= self._next:
            return []
        rows = [tuple(make(number) for make in self._makers) for number in range(self._next, end)]
        self._next = end
        return [from_rows(rows, self.types, "0")]

    def offsets(self) -> int:
        """As in Reader."""
        return self._next

    def seek(self, offsets: Any) -> None:
        """As in Reader."""
        self._next = self._began_at = int(offsets)
        self._began = time.monotonic()

    def shards(self) -> Sequence[str]:
        """As in Reader."""
        return [] if self.is_finished else ["0"]

    def lag_rows(self) -> int | None:
        """As in Reader."""
        return None

    def place(self, batch: Batch, row: int) -> str:
        """As in Reader."""
        return "datagen"

    def close(self) -> None:
        """As in Reader."""


def _maker(name: str, of: FlinkType, options: Mapping[str, str]) -> tuple[Make, int | None]:
    """What makes a field's values, and how many of them there are."""

    def given(key: str, default: str = "") -> str:
        return option(options, f"fields.{name}.{key}", default)

    kind = given("kind", "random")
    if kind == "sequence":
        first, last = int(given("start")), int(given("end"))
        return (lambda number: _as(first + number, of)), last - first + 1
    null_rate = float(given("null-rate", "0"))
    make = _random(of, given)
    if not null_rate:
        return make, None
    return (lambda number: None if random.random() < null_rate else make(number)), None  # noqa: S311 - no secret


def _as(number: int, of: FlinkType) -> Any:
    return str(number) if of.root in ("CHAR", "VARCHAR", "DECIMAL") else number


def _random(of: FlinkType, given: Callable[..., str]) -> Make:
    root = of.root
    if root in _BOUNDS:
        half = 1 << _BOUNDS[root]
        low, high = int(given("min", str(-half))), int(given("max", str(half - 1)))
        return lambda _: random.randint(low, high)  # noqa: S311
    if root in ("FLOAT", "DOUBLE"):
        least, most = float(given("min", "-1e38")), float(given("max", "1e38"))
        return lambda _: random.uniform(least, most)  # noqa: S311
    if root == "DECIMAL":
        whole = 10 ** (of.params[0] - of.params[1]) - 1
        least, most = float(given("min", str(-whole))), float(given("max", str(whole)))
        return lambda _: f"{random.uniform(least, most):.{of.params[1]}f}"  # noqa: S311
    if root in ("CHAR", "VARCHAR"):
        length = int(given("length", str(of.params[0] if root == "CHAR" else min(of.params[0], _LENGTH))))
        return lambda _: "".join(random.choices(string.hexdigits.lower(), k=length))  # noqa: S311
    if root == "BOOLEAN":
        return lambda _: random.random() < 0.5  # noqa: S311
    if root in ("TIMESTAMP", "TIMESTAMP_LTZ"):
        past_us = millis(given("max-past", "0")) * 1000
        return lambda _: int(time.time() * 1e6) - random.randint(0, past_us)  # noqa: S311
    if root == "DATE":
        return lambda _: int(time.time() // 86400)
    raise InvalidArgument(f"Unsupported type {of} for generator of kind random")


CONNECTOR = Connector(reader=DataGenReader)
