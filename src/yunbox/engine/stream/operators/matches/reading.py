"""What expressions of MATCH_RECOGNIZE read: which rows, by their numbers, and the values there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np

from yunbox.engine.stream.batch import Array, Row, array_of, decoded
from yunbox.engine.stream.duck import Duck
from yunbox.engine.stream.operators.matches.automaton import Partial
from yunbox.engine.stream.operators.matches.sums import Rows, Sums
from yunbox.sql.flink.matches import MatchRead
from yunbox.sql.flink.types import INT, FlinkType

Span = tuple[int, int, int, int]
"""Rows that follow each other: the number of the first, whether that goes on with the row that is judged (1 or 0), the
last, and whether that does."""
Spans = tuple[Span, ...]
Code = int | tuple[int, ...] | None
Codes = tuple[Code, ...]
"""What is read, in a form that is the same where the same is read: numbers up to 0 are places as seen from the row that
is judged, those above it are other rows'."""


@dataclass(slots=True)
class Question:
    """Whether a condition holds for a row, and for some behind it if a match goes on as it is: for ``count`` in all.

    ``base`` is where the first row of the key stands among those of all keys.
    """

    base: int
    spans: Spans
    count: int
    sums: Sums


class Columns:
    """The rows of many keys, column by column as far as they are asked for."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._arrays: dict[int, Array] = {}

    def add(self, rows: Rows) -> int:
        """Add a key's rows, whose numbers follow each other; what is to be added to a number to find it."""
        base = len(self._rows) - min(rows, default=0)
        self._rows.extend(rows[seq] for seq in sorted(rows))
        return base

    def taken(self, column: int, of: FlinkType, places: Array, valid: Array) -> Array:
        """The values of a column at some places, NULL where a place is not valid."""
        if column not in self._arrays:
            self._arrays[column] = array_of([row[column] for row in self._rows], of)
        array = self._arrays[column]
        if valid.all():
            return array[places]
        if not len(array):
            return array_of([None] * len(places), of)
        found = array[np.where(valid, places, 0)]
        if found.dtype == object:
            found[~valid] = None
            return found
        return np.ma.MaskedArray(np.ma.getdata(found), np.ma.getmaskarray(found) | ~valid)


class Reading:
    """The reads of one expression. ``current`` is the variable that a row is judged for, -1 in measures."""

    def __init__(self, reads: Sequence[MatchRead], names: Sequence[str], current: int = -1) -> None:
        self.reads = reads
        self.current = current
        self.variables = [names.index(one.variable) if one.variable else -1 for one in reads]

    def spans(self, one: Partial, seq: int, going: int = -1) -> Spans:
        """The rows of the variables that are read; ``seq`` is the number of the row that is judged, or behind the last
        of a match. It is taken for granted that the rows from it on are those of the variable ``going``."""
        return tuple(self._span(one, variable, seq, going) for variable in self.variables)

    def _span(self, one: Partial, variable: int, seq: int, going: int) -> Span:
        is_current = self.current >= 0 and variable in (-1, self.current)
        last = seq if is_current else seq - 1
        if one.seq < 0:
            return seq, 1, last, 1
        if variable < 0:
            return one.seq, 0, last, 1
        if variable > one.at:
            return seq, int(variable != going), last, 1
        if variable < one.at:
            return one.start(variable), 0, one.closed[variable] - 1, 0
        return one.start(variable), 0, last, int(is_current or variable == going)

    def codes(self, spans: Spans, seq: int) -> Codes:
        """The same as a key."""
        return tuple(_code(read, span, seq) for read, span in zip(self.reads, spans, strict=True))

    def arrays(self, questions: Sequence[Question], columns: Columns) -> dict[str, Any]:
        """The columns of what is read, of many matches, as DuckDB takes them."""
        counts = np.array([one.count for one in questions], np.int64)
        total = int(counts.sum())
        if not self.reads:
            return {"nothing": array_of([0] * total, INT)}
        many = total > len(questions)
        steps = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts) if many else 0
        base = np.repeat([one.base for one in questions], counts) if many else np.array([one.base for one in questions])
        found = {}
        for at, read in enumerate(self.reads):
            table = np.array([one.spans[at] for one in questions], np.int64)
            if many:
                table = np.repeat(table, counts, axis=0)
            first, last = table[:, 0] + table[:, 1] * steps, table[:, 2] + table[:, 3] * steps
            if read.function == "AGGREGATE":
                found[f"c{at}"] = _summed(at, read, questions, first, last)
                continue
            places = first + read.offset if read.function == "FIRST" else last - read.offset
            valid = (places >= first) & (places <= last)
            found[f"c{at}"] = columns.taken(read.column, read.type, places + base, valid)
        return found

    @property
    def columns(self) -> str:
        """Their SQL."""
        return ", ".join(f"{decoded(f'c{at}', one.type)} AS c{at}" for at, one in enumerate(self.reads)) or "nothing"


def _summed(at: int, read: MatchRead, questions: Sequence[Question], first: Array, last: Array) -> Array:
    assert read.call is not None
    values: list[Any] = []
    for one in questions:
        place = slice(len(values), len(values) + one.count)
        values += one.sums.values(at, read.call, first[place], last[place])
    return array_of(values, read.type)


def _code(read: MatchRead, span: Span, seq: int) -> Code:
    first, first_moves, last, last_moves = span
    if read.function == "AGGREGATE":
        return (first - seq, last - seq) if first_moves else (first + 1, last - seq if last_moves else last + 1)
    place = first + read.offset if read.function == "FIRST" else last - read.offset
    if not first <= place <= last:  # it may be there behind some more rows
        return (first + 1,) if last_moves and not first_moves else None
    moves = first_moves if read.function == "FIRST" else last_moves
    return place - seq if moves else place + 1


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

    def judged(self, questions: Sequence[Question], columns: Columns) -> list["Answers"]:
        """The answers to each question. What one fails of is found by halving: nobody may ask for it."""
        arrays = self.reading.arrays(questions, columns)
        size = sum(one.count for one in questions)
        found, errors = bytearray(size), {}
        self._judge(arrays, 0, size, found, errors)
        made, at = [], 0
        for one in questions:
            some = {place - at: error for place, error in errors.items() if at <= place < at + one.count}
            made.append(Answers(found[at : at + one.count], some))
            at += one.count
        return made

    def _judge(
        self, arrays: Mapping[str, Array], first: int, end: int, found: bytearray, errors: dict[int, duckdb.Error]
    ) -> None:
        try:
            values = self._duck.run(self.sql, {name: array[first:end] for name, array in arrays.items()})["v"]
            found[first:end] = np.asarray(values, np.uint8).tobytes()
        except duckdb.Error as error:
            if end - first == 1:
                found[first], errors[first] = FAILED, error
                return
            middle = (first + end) // 2
            self._judge(arrays, first, middle, found, errors)
            self._judge(arrays, middle, end, found, errors)


FAILED = 2
"""What stands for an error among answers, which are 1 and 0."""


@dataclass(slots=True)
class Answers:
    """Whether a condition holds, for rows that follow each other; and what it fails of."""

    found: bytearray
    errors: dict[int, duckdb.Error]
    start: int = 0
    """The number of the first row."""

    @property
    def end(self) -> int:
        """The number behind the last."""
        return self.start + len(self.found)

    def extend(self, more: "Answers") -> None:
        """Add those for the rows behind."""
        self.errors |= {place + len(self.found): error for place, error in more.errors.items()}
        self.found += more.found
