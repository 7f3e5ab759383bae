"""One key's rows, one after the other, as far as it is known what they can be.

What is not known yet is asked for, together with what other keys ask for, and the run goes on when it is told. So
conditions are judged many at a time, though each depends on what came of the rows before.
"""

from collections.abc import Sequence

import duckdb

from yunbox.engine.stream.batch import Row
from yunbox.engine.stream.operators.matches.automaton import Automaton, Machine, Partial
from yunbox.engine.stream.operators.matches.reading import Answer, Condition, Places, Sums, along, fixed, shape
from yunbox.engine.stream.state import Key

_AHEAD_FIRST, _AHEAD_MAX = 32, 1024
"""For so many rows behind the next one a condition is asked for too: more where that was of use, and less where not."""
_ASKED_MAX, _KNOWN_MAX = 20_000, 200_000
"""No more is asked for ahead at a time, and what is known is forgotten beyond that: many beginnings ask for much."""
Wanted = tuple[int, Places]
"""A variable, and the rows that its condition reads."""
Asked = dict[int, dict[Places, None]]
"""The places that each variable's condition is asked for, each once, those of a match in the order of rows."""
Timed = tuple[int, Row]
"""A row and its time in milliseconds."""


class Foresight:
    """How far ahead it is worth while to ask for a condition, by the shape of what it reads."""

    def __init__(self) -> None:
        self._ahead: dict[Wanted, int] = {}
        self._asked_at: dict[Wanted, int] = {}

    def ahead(self, variable: int, places: Places, seq: int) -> int:
        """For how many rows behind one."""
        key = variable, shape(places, seq)
        last, ahead = self._asked_at.get(key), self._ahead.get(key, _AHEAD_FIRST)
        if last is not None:
            gone_on = seq - last > ahead and seq - last < 4 * ahead
            ahead = min(ahead * 4, _AHEAD_MAX) if gone_on else max(ahead // 2, 1)
        self._ahead[key], self._asked_at[key] = ahead, seq
        return ahead


class Run:
    """The rows of a key that are due. ``of_row`` are the answers for conditions that read nothing but the row."""

    def __init__(
        self, key: Key, machine: Machine, automaton: Automaton, conditions: Sequence[Condition], old: dict[int, Row]
    ) -> None:
        self.key, self.machine = key, machine
        self.rows: dict[int, Row] = dict(old)
        self.found: list[tuple[int, Partial]] = []
        """Matches, each with the time at which it is given."""
        self.sums: list[dict[int, Sums]] = [{} for _ in conditions]
        self.known: dict[Wanted, Answer] = {}
        self.of_row: list[Sequence[Answer] | None] = [None] * len(conditions)
        self._automaton = automaton
        self._conditions = conditions
        self._due: Sequence[Timed] = ()
        self._first = machine.seq
        self._is_lacking = False
        self._foresight = Foresight()

    def take(self, rows: Sequence[Timed]) -> None:
        """Have rows be the next ones, in their order."""
        self._due = rows
        for at, (_, row) in enumerate(rows):
            self.rows[self._first + at] = row

    @property
    def numbers(self) -> range:
        """Those of the rows that are due."""
        return range(self._first, self._first + len(self._due))

    def advance(self) -> Asked:
        """Go on; what must be known before it can go further, nothing at the end."""
        machine = self.machine
        while (at := machine.seq - self._first) < len(self._due):
            time_ms = self._due[at][0]
            self.found += [(time_ms, one) for one in machine.expire(time_ms)]
            self._is_lacking = False
            partials, ended = machine.tried(time_ms, self._holds)
            if self._is_lacking:
                return self._with_more(self._missing())
            self.found += [(time_ms, one) for one in machine.taken(partials, ended)]
            if len(self.known) > _KNOWN_MAX:
                self.known.clear()
        return {}

    def _holds(self, variable: int, one: Partial) -> bool:
        """As in Holds; False where it is not known yet. Raises duckdb.Error where a condition fails."""
        seq, condition = self.machine.seq, self._conditions[variable]
        if not condition.sql:
            return True
        answers = self.of_row[variable]
        found = (
            answers[seq - self._first]
            if answers is not None
            else self.known.get((variable, condition.reading.places(one, seq)))
        )
        if isinstance(found, duckdb.Error):
            raise found
        if found is None:
            self._is_lacking = True
        return bool(found)

    def _missing(self) -> set[Wanted]:
        seq = self.machine.seq
        found = set()
        for one in self.machine.partials:
            for variable in self._automaton.asked(one.state):
                condition = self._conditions[variable]
                if condition.sql and self.of_row[variable] is None:
                    found.add((variable, condition.reading.places(one, seq)))
        return {one for one in found if one not in self.known}

    def _with_more(self, missing: set[Wanted]) -> Asked:
        """What is asked for, and what is likely to be asked for the rows behind."""
        seq = self.machine.seq
        left = min(self._first + len(self._due) - 1 - seq, _ASKED_MAX // max(len(missing), 1))
        asked: Asked = {}
        for variable, places in missing:
            found = asked.setdefault(variable, {})
            found[places] = None
            for by in range(1, min(self._foresight.ahead(variable, places, seq), left) + 1):
                found[along(places, by)] = None
            since = seq - min((_first(one) for one in places if one is not None), default=seq)
            for by in range(1, min(since, _AHEAD_MAX, left) + 1):
                found[fixed(places, seq, by)] = None
        return asked


def _first(place: int | tuple[int, int]) -> int:
    return place[0] if isinstance(place, tuple) else place
