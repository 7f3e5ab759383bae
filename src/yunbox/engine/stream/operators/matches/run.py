"""One key's rows, one after the other, as far as it is known what they can be.

What is not known yet is asked for, together with what other keys ask for, and the run goes on when it is told. So
conditions are judged many at a time, though each depends on what came of the rows before. A beginning that goes on with
rows of its last variable reads what it has read before, or one row on: so it asks for many rows at once, and is looked
at again where an answer is another one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from yunbox.engine.stream.batch import Row
from yunbox.engine.stream.operators.matches.automaton import Automaton, Machine, Move, Partial
from yunbox.engine.stream.operators.matches.reading import (
    FAILED,
    Answers,
    Codes,
    Columns,
    Condition,
    Question,
    Spans,
)
from yunbox.engine.stream.operators.matches.sums import Sums
from yunbox.engine.stream.state import Key

_AHEAD_FIRST, _AHEAD_MAX = 32, 1024
"""For so many rows behind the next one a condition is asked for too: more where that was of use, and less where not."""
_GOING_FIRST, _GOING_MAX = 4, 128
"""For so many rows a beginning is expected to go on with one variable at first: as long as others have."""
_ASKED_MAX, _KNOWN_MAX = 50_000, 4_000_000
"""No more is asked for ahead at a time, and what is known is forgotten beyond that: many beginnings ask for much."""
What = tuple[int, Codes]
"""A variable, and what its condition reads."""
Timed = tuple[int, Row]
"""A row and its time in milliseconds."""


@dataclass(slots=True)
class Asked:
    """A question of a run, and where it wants the answers: they begin with a row."""

    what: What
    seq: int
    question: Question


class Foresight:
    """For how many beginnings that may come it is worth while to ask too, by the shape of what they read."""

    def __init__(self) -> None:
        self._ahead: dict[What, int] = {}
        self._asked_at: dict[What, int] = {}

    def ahead(self, shape: What, seq: int) -> int:
        """For how many rows behind one."""
        last, ahead = self._asked_at.get(shape), self._ahead.get(shape, _AHEAD_FIRST)
        if last is not None:
            gone_on = seq - last > ahead and seq - last < 4 * ahead
            ahead = min(ahead * 4, _AHEAD_MAX) if gone_on else max(ahead // 2, 1)
        self._ahead[shape], self._asked_at[shape] = ahead, seq
        return ahead


class Run:
    """The rows of a key that are due."""

    def __init__(
        self, key: Key, machine: Machine, automaton: Automaton, conditions: Sequence[Condition], old: dict[int, Row]
    ) -> None:
        self.key, self.machine = key, machine
        self.rows: dict[int, Row] = dict(old)
        self.found: list[tuple[int, Partial]] = []
        """Matches, each with the time at which it is given."""
        self.known: dict[What, Answers] = {}
        self._known_size = 0
        self._automaton = automaton
        self._conditions = conditions
        self._due: Sequence[Timed] = ()
        self._first = machine.seq
        self._base = 0
        self._sums: list[Sums] = []
        self._foresight = Foresight()
        self._going = [_GOING_FIRST] * len(conditions)
        self._went_on: set[int] = set()

    def take(self, rows: Sequence[Timed], columns: Columns) -> None:
        """Have rows be the next ones, in their order."""
        self._due = rows
        for at, (_, row) in enumerate(rows):
            self.rows[self._first + at] = row
        self._base = columns.add(self.rows)
        self._sums = [Sums(self.rows) for _ in self._conditions]

    def of_row(self, variable: int) -> Asked:
        """The question whether a condition that reads nothing but the row holds, for all rows that are due."""
        reading = self._conditions[variable].reading
        spans = ((self._first, 1, self._first, 1),) * len(reading.reads)
        return self._asked(variable, spans, reading.codes(spans, self._first), self._first, len(self._due))

    def tell(self, asked: Asked, answers: Answers) -> None:
        """Take what was asked for."""
        answers.start = asked.seq
        self._known_size += len(answers.found)
        known = self.known.get(asked.what)
        if known is not None and known.end == asked.seq:
            known.extend(answers)
        else:
            self.known[asked.what] = answers

    def advance(self) -> list[Asked]:
        """Go on; what must be known before it can go further, nothing at the end."""
        machine = self.machine
        while (at := machine.seq - self._first) < len(self._due):
            time_ms = self._due[at][0]
            self.found += [(time_ms, one) for one in machine.expire(time_ms)]
            missing = self._looked_up()
            if missing:
                return self._with_more(missing)
            self.found += [(time_ms, one) for one in machine.take(time_ms, self._moves)]
            if self._known_size > _KNOWN_MAX:
                self.known.clear()
                self._known_size = 0
        return []

    # -- what is known

    def _looked_up(self) -> dict[What, tuple[Partial, Spans]]:
        """Have the answers for all beginnings whose next row is not known to change nothing; those that are missing."""
        seq = self.machine.seq
        self._answers: dict[int, list[tuple[int, Answers]]] = {}
        missing: dict[What, tuple[Partial, Spans]] = {}
        for one in self.machine.partials:
            if one.until > seq:
                continue
            answers = self._answers[id(one)] = []
            for variable in self._automaton.asked(one.state):
                condition = self._conditions[variable]
                if not condition.sql:
                    continue
                spans = condition.reading.spans(one, seq, self._automaton.repeated(one.state))
                what = variable, condition.reading.codes(spans, seq)
                known = self.known.get(what)
                if known is None or not known.start <= seq < known.end:
                    missing[what] = one, spans
                else:
                    answers.append((variable, known))
        return missing

    def _moves(self, one: Partial) -> tuple[Move, ...]:
        """What the next row makes of a beginning. Raises duckdb.Error where a condition that is asked for fails."""
        seq, answers = self.machine.seq, self._answers[id(one)]
        holding = -1  # what has no condition holds
        for variable, known in answers:
            found = known.found[seq - known.start]
            if found == FAILED:
                return self._automaton.moved(one.state, lambda variable: self._holds(variable, answers))
            if not found:
                holding &= ~(1 << variable)
        moves = self._automaton.moves(one.state, holding)
        is_same = moves == ((one.state, one.at, False),) if one.seq >= 0 else not moves
        if is_same:
            one.until = self._until(answers)
        return moves

    def _holds(self, variable: int, answers: Sequence[tuple[int, Answers]]) -> bool:
        known = dict(answers).get(variable)
        if known is None:
            return True
        place = self.machine.seq - known.start
        if place in known.errors:
            raise known.errors[place]
        return bool(known.found[place])

    def _until(self, answers: Sequence[tuple[int, Answers]]) -> int:
        """The row at which an answer is another one, or is not known."""
        seq = self.machine.seq
        end = min((known.end for _, known in answers), default=self._first + len(self._due))
        for _, known in answers:
            at = seq - known.start
            value = known.found[at]
            here = np.frombuffer(known.found, np.uint8)[at : end - known.start] != value
            if here.any():
                end = seq + int(here.argmax())
        return end

    # -- what is asked for

    def _with_more(self, missing: dict[What, tuple[Partial, Spans]]) -> list[Asked]:
        """What is asked for, what is likely to be asked for the rows behind, and for beginnings that are to come."""
        seq = self.machine.seq
        left, room = self._first + len(self._due) - seq, max(_ASKED_MAX // len(missing), 1)
        asked: dict[What, Asked] = {}
        for what, (one, spans) in missing.items():
            variable, codes = what
            known = self.known.get(what)
            count = 1
            if one.seq < 0 or self._automaton.repeated(one.state) >= 0:  # it may go on so
                count = min(self._goes_on(variable, known, seq), left, room)
            asked[what] = self._asked(variable, spans, codes, seq, count)
            if known is None and one.seq >= 0:
                self._ask_ahead(asked, what, spans, count, room // count)
        self._ask_on(asked)
        return list(asked.values())

    def _goes_on(self, variable: int, known: Answers | None, seq: int) -> int:
        """For how many rows it is worth while to ask a condition of a beginning."""
        if known is not None and known.end == seq:
            self._went_on.add(variable)
            return min(4 * len(known.found), _AHEAD_MAX)
        most = self._going[variable]
        most = min(2 * most, _GOING_MAX) if variable in self._went_on else max(most // 2, _GOING_FIRST)
        self._went_on.discard(variable)
        self._going[variable] = most
        return most

    def _ask_on(self, asked: dict[What, Asked]) -> None:
        """For beginnings of which too little is known as well, though not yet for the next row: all at once."""
        seq, end = self.machine.seq, self._first + len(self._due)
        for one in self.machine.partials:
            at = one.until
            if not seq < at < min(seq + _AHEAD_FIRST, end):
                continue
            for variable in self._automaton.asked(one.state):
                reading = self._conditions[variable].reading
                spans = reading.spans(one, at, self._automaton.repeated(one.state))
                what = variable, reading.codes(spans, at)
                known = self.known.get(what)
                if known is not None and known.end == at and what not in asked:
                    count = min(self._goes_on(variable, known, at), end - at)
                    asked[what] = self._asked(variable, spans, what[1], at, count)

    def _ask_ahead(self, asked: dict[What, Asked], what: What, spans: Spans, count: int, room: int) -> None:
        """For beginnings that begin with the rows behind, as far as they read something else."""
        seq = self.machine.seq
        variable, reading = what[0], self._conditions[what[0]].reading
        end = self._first + len(self._due)
        shape = variable, reading.codes(_moved(spans, -seq - 1), -1)
        for by in range(1, min(self._foresight.ahead(shape, seq), room, end - seq - 1) + 1):
            moved = _moved(spans, by)
            one = variable, reading.codes(moved, seq + by)
            if one in asked or one in self.known:
                return
            asked[one] = self._asked(variable, moved, one[1], seq + by, min(count, end - seq - by))

    def _asked(self, variable: int, spans: Spans, codes: Codes, seq: int, count: int) -> Asked:
        return Asked((variable, codes), seq, Question(self._base, spans, count, self._sums[variable]))


def _moved(spans: Spans, by: int) -> Spans:
    return tuple((first + by, first_moves, last + by, last_moves) for first, first_moves, last, last_moves in spans)
