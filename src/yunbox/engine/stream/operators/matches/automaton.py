"""A pattern as an automaton, which is Flink's: which rows go on with a match, and which end one.

Rows of a match follow each other without one between them, so how many rows each variable has says which they are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any

from yunbox.engine.stream.operators.matches.queue import discard, pop, push, rank
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.matches import Match, MatchVariable

FINAL = 0


@dataclass(slots=True)
class Edge:
    """A way to another state: with the row (``takes``), or before it. ``wants`` is the variable whose condition must
    hold, -1 for none; those of ``unless`` must not, as they would have taken the row."""

    target: int
    takes: bool
    wants: int = -1
    unless: tuple[int, ...] = ()


@dataclass(slots=True)
class Partial:
    """The beginning of a match: its state, its first row's number and time, the variable that the last row is of, and
    behind which row each variable before it has ended.

    That of the last row goes on to the last row of all: so a beginning that stays in its state stays as it is, and
    ``until`` is the row that it is known to do so up to. A match has ended all its variables.
    """

    state: int
    seq: int
    time_ms: int
    at: int = 0
    closed: tuple[int, ...] = ()
    until: int = -1

    def kept(self, now: int, variables: int) -> list[Any]:
        """As state keeps it, ``now`` being the number of the next row: with how many rows each variable has."""
        counts = [0] * variables
        if self.seq >= 0:
            ends = [self.seq, *self.closed, now][: variables + 1]
            for at, (first, last) in enumerate(pairwise(ends)):
                counts[at] = last - first
        return [self.state, self.seq, self.time_ms, counts]

    @classmethod
    def of(cls, kept: Sequence[Any]) -> "Partial":
        """What state has kept."""
        state, seq, time_ms, counts = kept
        if seq < 0:
            return cls(state, seq, time_ms)
        ends = tuple(accumulate(counts, initial=seq))[1:]
        at = len(counts) if state == FINAL else max(place for place, count in enumerate(counts) if count)
        return cls(state, seq, time_ms, at, ends[:at])

    def start(self, variable: int) -> int:
        """The number of the first row of a variable that has begun."""
        return self.closed[variable - 1] if variable else self.seq

    @property
    def end(self) -> int:
        """The number of a match's last row."""
        return self.closed[-1] - 1


Move = tuple[int, int, bool]
"""What a row makes of a beginning: the state behind it, the variable that it is of, and whether a match may end so."""


Holds = Callable[[int], bool]
"""Whether a row can be a variable's, as a beginning has it."""


@dataclass
class Automaton:
    """States, each a list of edges in their order; the first one of the list is where matches end."""

    states: list[list[Edge]] = field(default_factory=lambda: [[]])
    variables: list[int] = field(default_factory=lambda: [-1])
    start: int = FINAL
    repeats: frozenset[int] = frozenset()
    """The variables that may have several rows."""
    _asked: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _moves: dict[tuple[int, int], tuple[Move, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, variables: Sequence[MatchVariable]) -> "Automaton":
        """That of a pattern, made from its end."""
        made = cls()
        sink = FINAL
        for at in range(len(variables) - 1, -1, -1):
            sink = made._made(at, variables[at], sink)
        made.start = sink
        made.repeats = frozenset(at for at, one in enumerate(variables) if one.most != 1)
        return made

    def _made(self, at: int, one: MatchVariable, sink: int) -> int:
        is_single = one.most == 1 and one.least in (0, 1)
        is_greedy = not (is_single or one.is_reluctant or one.least == one.most)
        first = max(one.least, 1)
        if is_greedy:
            for edge in self.states[sink]:
                edge.unless = (*edge.unless, at)
        if one.most is None:
            loop = self._state(at)
            self.states[loop] += [Edge(sink, takes=False), Edge(loop, takes=True, wants=at)]
            return self._times(at, loop, sink, first, first, is_optional=one.least == 0)
        return self._times(at, sink, sink, first, one.most, is_optional=one.least == 0)

    def _times(self, at: int, sink: int, beyond: int, least: int, most: int, *, is_optional: bool) -> int:
        """So many rows of a variable, one state for each."""
        for _ in range(most - least):
            sink = self._single(at, sink, beyond, is_optional=True)
        for _ in range(least - 1):
            sink = self._single(at, sink, beyond, is_optional=False)
        return self._single(at, sink, beyond, is_optional=is_optional)

    def _single(self, at: int, sink: int, beyond: int, *, is_optional: bool) -> int:
        state = self._state(at)
        self.states[state].append(Edge(sink, takes=True, wants=at))
        if is_optional:
            self.states[state].append(Edge(beyond, takes=False))
        return state

    def _state(self, at: int) -> int:
        self.states.append([])
        self.variables.append(at)
        return len(self.states) - 1

    def repeated(self, state: int) -> int:
        """The variable that a state waits for, if there may be more rows of it; -1 if not."""
        return self.variables[state] if self.variables[state] in self.repeats else -1

    def asked(self, state: int) -> tuple[int, ...]:
        """The variables whose conditions say what a row makes of a beginning in a state."""
        if state not in self._asked:
            found: set[int] = set()
            for edge in self._reached(state):
                found |= {edge.wants, *edge.unless}
                if edge.takes:  # a match may end behind the row
                    beyond = (one for one in self._reached(edge.target) if not one.takes)
                    found |= {variable for one in beyond for variable in (one.wants, *one.unless)}
            self._asked[state] = tuple(sorted(found - {-1}))
        return self._asked[state]

    def _reached(self, state: int) -> Iterator[Edge]:
        """The edges of a state, and of those that are reached from it before a row."""
        pending, seen = [state], {state}
        while pending:
            for edge in self.states[pending.pop()]:
                yield edge
                if not edge.takes and edge.target not in seen:
                    seen.add(edge.target)
                    pending.append(edge.target)

    def moves(self, state: int, holding: int) -> tuple[Move, ...]:
        """What a row makes of a beginning; ``holding`` has a bit for each variable whose condition holds."""
        key = state, holding
        if key not in self._moves:
            self._moves[key] = self.moved(state, lambda variable: bool(holding >> variable & 1))
        return self._moves[key]

    def moved(self, state: int, holds: Holds) -> tuple[Move, ...]:
        """The same, as far as it has to be asked for."""
        return tuple((edge.target, edge.wants, self._ends(edge.target, holds)) for edge in self._taking(state, holds))

    def _taking(self, state: int, holds: Holds) -> list[Edge]:
        """The edges with which a row is taken, also those behind states that need none."""
        found: list[Edge] = []
        pending = [state]
        while pending:
            for edge in self.states[pending.pop()]:
                if not _is_open(edge, holds):
                    continue
                if edge.takes:
                    found.append(edge)
                else:
                    pending.append(edge.target)
        return found

    def _ends(self, state: int, holds: Holds) -> bool:
        """Whether a match may end in a state, as nothing more is needed."""
        pending = [state]
        while pending:
            for edge in self.states[pending.pop()]:
                if not edge.takes and _is_open(edge, holds):
                    if edge.target == FINAL:
                        return True
                    pending.append(edge.target)
        return False


def _is_open(edge: Edge, holds: Holds) -> bool:
    if edge.wants >= 0 and not holds(edge.wants):
        return False
    return not edge.unless or not any(holds(at) for at in edge.unless)


class Machine:
    """What one key's rows have come to."""

    def __init__(self, automaton: Automaton, node: Match, kept: Sequence[Any] | None = None) -> None:
        self._automaton = automaton
        self._node = node
        self._skip_at = next((at for at, one in enumerate(node.variables) if one.name == node.skip_to), -1)
        start = Partial(automaton.start, -1, 0)
        self.seq: int = kept[0] if kept else 0
        """The number of the next row."""
        self.partials = [Partial.of(one) for one in kept[1]] if kept else [start]
        self.completed = [Partial.of(one) for one in kept[2]] if kept else []

    @property
    def kept(self) -> list[Any] | None:
        """As state keeps it; None where there is nothing but the beginning."""
        if len(self.partials) == 1 and not self.completed:
            return None
        count = len(self._node.variables)
        return [self.seq, *([one.kept(self.seq, count) for one in some] for some in (self.partials, self.completed))]

    @property
    def begun(self) -> Iterator[Partial]:
        """All that needs rows."""
        yield from (one for one in self.partials if one.seq >= 0)
        yield from self.completed

    def expire(self, now_ms: int) -> list[Partial]:
        """Forget what has taken too long; matches that have waited for it."""
        within = self._node.within_ms
        if within and now_ms - self.partials[0].time_ms >= within:  # the first one began before the others
            kept: list[Partial] = []
            for one in self.partials:
                if one.seq < 0 or now_ms - one.time_ms < within:
                    push(kept, one)
            self.partials = kept
        return self._given() if self.completed else []

    def take(self, time_ms: int, moves: Callable[[Partial], tuple[Move, ...]]) -> list[Partial]:
        """Take the next row, of which ``moves`` says what it makes of a beginning; the matches found with it."""
        old, seq = self.partials, self.seq
        ended: list[Partial] = []
        count = next((at for at, one in enumerate(old) if one.until <= seq), len(old))
        partials = old[:count]  # the first ones keep their places in the queue
        for one in old[count:]:
            if one.until > seq:
                push(partials, one)
                continue
            for target, variable, is_end in moves(one):
                first, begun_ms = (one.seq, one.time_ms) if one.seq >= 0 else (seq, time_ms)
                new = one if self._stays(one, target, variable) else self._moved(one, target, variable, first, begun_ms)
                if target == FINAL:
                    push(ended, self._ended(new))
                else:
                    push(partials, new)
                if is_end:
                    push(ended, self._ended(new))
            if one.seq < 0:
                push(partials, one)
        self.partials = partials
        for one in ended:
            push(self.completed, one)
        self.seq += 1
        return self._given() if self.completed else []

    def _stays(self, one: Partial, target: int, variable: int) -> bool:
        return target == one.state and variable == one.at and one.seq >= 0

    def _moved(self, one: Partial, target: int, variable: int, first: int, begun_ms: int) -> Partial:
        """A beginning with the next row, which is of a variable."""
        closed = one.closed + (self.seq,) * (variable - one.at)
        return Partial(target, first, begun_ms, variable, closed)

    def _ended(self, one: Partial) -> Partial:
        """The match that a beginning is with the next row."""
        count = len(self._node.variables)
        closed = one.closed + (self.seq + 1,) * (count - len(one.closed))
        return Partial(FINAL, one.seq, one.time_ms, count, closed)

    # -- which matches are given

    def _given(self) -> list[Partial]:
        """Matches that nothing which began earlier may still become; what is skipped after each is forgotten."""
        found: list[Partial] = []
        while self.completed and (not self.partials or rank(self.completed[0]) <= rank(self.partials[0])):
            match = pop(self.completed)
            least = self._first_left(match)
            discard(self.partials, lambda one, least=least: 0 <= one.seq < least)
            discard(self.completed, lambda one, least=least: one.seq < least)
            found.append(match)
        return found

    def _first_left(self, match: Partial) -> int:
        """The number of the first row that another match may begin with."""
        if self._node.skip == "NEXT ROW":
            return match.seq + 1
        if self._node.skip == "PAST LAST ROW":
            return match.end + 1
        first = match.start(self._skip_at)
        count = match.closed[self._skip_at] - first
        if not count:
            raise InvalidArgument(f"Could not skip to {self._node.skip.lower()} element of a match: it has no row of "
                                  f"'{self._node.skip_to}'")  # fmt: skip
        found = first if self._node.skip == "FIRST" else first + count - 1
        if found == match.seq:
            raise InvalidArgument("Could not skip to first element of a match.")
        return found
