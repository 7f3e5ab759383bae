"""What expressions of MATCH_RECOGNIZE read: which rows, by their numbers, and the values there."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from yunbox.engine.stream.batch import Row, array_of, decoded
from yunbox.engine.stream.duck import Duck
from yunbox.engine.stream.functions import Function, Parts
from yunbox.engine.stream.operators.matches.automaton import Partial
from yunbox.sql.flink.matches import MatchRead
from yunbox.sql.flink.plans import AggregateCall
from yunbox.sql.flink.types import INT

Place = int | tuple[int, int] | None
"""The number of a row, or of the first and the last that are summed up; None where there is none."""
Places = tuple[Place, ...]
Rows = Mapping[int, Row]
Answer = bool | duckdb.Error
"""Whether a condition holds, or what it fails of."""


class Sums:
    """Aggregates over rows that follow each other; one that goes on with another's begins with it."""

    def __init__(self, call: AggregateCall, rows: Rows) -> None:
        self._function = Function(call, retracts=False)
        self._column = int(call.arguments[0].sql[1:]) if call.arguments else -1
        self._rows = rows
        self._known: dict[int, tuple[int, Parts]] = {}

    def value(self, first: int, last: int) -> Any:
        """Of the rows of some numbers."""
        known, parts = self._known.get(first, (first - 1, self._function.zero))
        if known > last:
            known, parts = first - 1, self._function.zero
        for seq in range(known + 1, last + 1):
            value = 1 if self._column < 0 else self._rows[seq][self._column]
            if value is not None:
                self._function.add(parts, value, 1)
        self._known[first] = (last, parts)
        return self._function.value(parts)


class Reading:
    """The reads of one expression. ``current`` is the variable that a row is judged for, -1 in measures."""

    def __init__(self, reads: Sequence[MatchRead], names: Sequence[str], current: int = -1) -> None:
        self.reads = reads
        self.current = current
        self.variables = [names.index(one.variable) if one.variable else -1 for one in reads]

    def places(self, one: Partial, seq: int) -> Places:
        """The rows that are read; ``seq`` is the number of the one that is judged, or behind the last of a match."""
        begun = one.seq if one.seq >= 0 else seq
        found: list[Place] = []
        for read, variable in zip(self.reads, self.variables, strict=True):
            first, last = self._bounds(one, variable, begun, seq)
            if read.function == "AGGREGATE":
                found.append((first, last))
            elif read.function == "FIRST":
                found.append(first + read.offset if first + read.offset <= last else None)
            else:
                found.append(last - read.offset if last - read.offset >= first else None)
        return tuple(found)

    def _bounds(self, one: Partial, variable: int, begun: int, seq: int) -> tuple[int, int]:
        last = seq if self.current >= 0 else seq - 1
        if variable < 0:
            return begun, last
        first = begun + sum(one.counts[:variable])
        return first, last if variable == self.current else first + one.counts[variable] - 1

    def arrays(self, wanted: Sequence[tuple[Rows, dict[int, Sums], Places]]) -> dict[str, Any]:
        """The columns of what is read, of many matches, as DuckDB takes them."""
        found = {}
        for at, read in enumerate(self.reads):
            values = [_value(read, at, rows, sums, places[at]) for rows, sums, places in wanted]
            found[f"c{at}"] = array_of(values, read.type)
        return found or {"nothing": array_of([0] * len(wanted), INT)}

    @property
    def columns(self) -> str:
        """Their SQL."""
        return ", ".join(f"{decoded(f'c{at}', one.type)} AS c{at}" for at, one in enumerate(self.reads)) or "nothing"


def _value(read: MatchRead, at: int, rows: Rows, sums: dict[int, Sums], place: Place) -> Any:
    if place is None:
        return None
    if isinstance(place, int):
        return rows[place][read.column]
    assert read.call is not None
    if at not in sums:
        sums[at] = Sums(read.call, rows)
    return sums[at].value(*place)


class Condition:
    """A variable's, judged for many rows in one query."""

    def __init__(self, duck: Duck, reading: Reading, sql: str) -> None:
        self._duck = duck
        self.reading = reading
        self.sql = f"SELECT ({sql}) IS TRUE AS v FROM (SELECT {reading.columns} FROM batch)" if sql else ""

    @property
    def is_of_row(self) -> bool:
        """Whether it reads nothing but the row that is judged."""
        return all(
            (one.function, one.offset) == ("LAST", 0) and variable in (-1, self.reading.current)
            for one, variable in zip(self.reading.reads, self.reading.variables, strict=True)
        )

    def judged(self, wanted: Sequence[tuple[Rows, dict[int, Sums], Places]]) -> list[Answer]:
        """Whether it holds for what is read. What it fails of is found by halving: nobody may ask for it."""
        try:
            found: list[Answer] = self._duck.run(self.sql, self.reading.arrays(wanted))["v"].tolist()
        except duckdb.Error as error:
            if len(wanted) == 1:
                return [error]
            middle = len(wanted) // 2
            return [*self.judged(wanted[:middle]), *self.judged(wanted[middle:])]
        return found


def shape(places: Places, seq: int) -> Places:
    """The places as they are seen from a row."""
    return tuple(_moved(one, -seq) for one in places)


def along(places: Places, by: int) -> Places:
    """The same seen from a row so many behind."""
    return tuple(_moved(one, by) for one in places)


def fixed(places: Places, seq: int, by: int) -> Places:
    """What a match reads that goes on so many rows, where what it has read before stays."""
    return tuple(_fixed(one, seq, by) for one in places)


def _moved(place: Place, by: int) -> Place:
    if place is None:
        return None
    return (place[0] + by, place[1] + by) if isinstance(place, tuple) else place + by


def _fixed(place: Place, seq: int, by: int) -> Place:
    if isinstance(place, tuple):
        return (place[0], place[1] + by) if place[1] == seq else place
    return place + by if place == seq else place
