"""A pattern as an automaton, which is Flink's: which rows go on with a match, and which end one.

Rows of a match follow each other without one between them, so how many rows each variable has says which they are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
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
    """The beginning of a match: its state, its first row's number and time, and how many rows each variable has."""

    state: int
    seq: int
    time_ms: int
    counts: tuple[int, ...]

    @property
    def kept(self) -> list[Any]:
        """As state keeps it."""
        return [self.state, self.seq, self.time_ms, list(self.counts)]

    @classmethod
    def of(cls, kept: Sequence[Any]) -> "Partial":
        """What state has kept."""
        return cls(kept[0], kept[1], kept[2], tuple(kept[3]))

    def start(self, variable: int) -> int:
        """The number of the first row of a variable, or of the one that it would begin with."""
        return self.seq + sum(self.counts[:variable])

    @property
    def end(self) -> int:
        """The number of the last row."""
        return self.seq + sum(self.counts) - 1


@dataclass
class Automaton:
    """States, each a list of edges in their order; the first one of the list is where matches end."""

    states: list[list[Edge]] = field(default_factory=lambda: [[]])
    variables: list[int] = field(default_factory=lambda: [-1])
    start: int = FINAL
    _asked: dict[int, frozenset[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, variables: Sequence[MatchVariable]) -> "Automaton":
        """That of a pattern, made from its end."""
        made = cls()
        sink = FINAL
        for at in range(len(variables) - 1, -1, -1):
            sink = made._made(at, variables[at], sink)
        made.start = sink
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

    def asked(self, state: int) -> frozenset[int]:
        """The variables whose conditions may be asked for in a state."""
        if state not in self._asked:
            self._asked[state] = self._asked_in(state)
        return self._asked[state]

    def _asked_in(self, state: int) -> frozenset[int]:
        found: set[int] = set()
        pending, seen = [state], {state}
        while pending:
            for edge in self.states[pending.pop()]:
                found |= {edge.wants, *edge.unless} - {-1}
                if edge.target not in seen:  # also behind a row, where a match may end before the next one
                    seen.add(edge.target)
                    pending.append(edge.target)
        return frozenset(found)


Holds = Callable[[int, Partial], bool]
"""Whether a row can be a variable's, as a beginning has it."""


class Machine:
    """What one key's rows have come to."""

    def __init__(self, automaton: Automaton, node: Match, kept: Sequence[Any] | None = None) -> None:
        self._automaton = automaton
        self._node = node
        self._skip_at = next((at for at, one in enumerate(node.variables) if one.name == node.skip_to), -1)
        start = Partial(automaton.start, -1, 0, (0,) * len(node.variables))
        self.seq: int = kept[0] if kept else 0
        """The number of the next row."""
        self.partials = [Partial.of(one) for one in kept[1]] if kept else [start]
        self.completed = [Partial.of(one) for one in kept[2]] if kept else []

    @property
    def kept(self) -> list[Any] | None:
        """As state keeps it; None where there is nothing but the beginning."""
        if len(self.partials) == 1 and not self.completed:
            return None
        return [self.seq, [one.kept for one in self.partials], [one.kept for one in self.completed]]

    @property
    def begun(self) -> Iterator[Partial]:
        """All that needs rows."""
        yield from (one for one in self.partials if one.seq >= 0)
        yield from self.completed

    def expire(self, now_ms: int) -> list[Partial]:
        """Forget what has taken too long; matches that have waited for it."""
        within = self._node.within_ms
        if within:
            kept: list[Partial] = []
            for one in self.partials:
                if one.seq < 0 or now_ms - one.time_ms < within:
                    push(kept, one)
            self.partials = kept
        return self._given() if self.completed else []

    def tried(self, time_ms: int, holds: Holds) -> tuple[list[Partial], list[Partial]]:
        """What would come of the next row: what has begun then, and what has ended."""
        partials: list[Partial] = []
        ended: list[Partial] = []
        for one in self.partials:
            for new in self._next(one, time_ms, holds):
                push(ended if new.state == FINAL else partials, new)
        return partials, ended

    def taken(self, partials: list[Partial], ended: list[Partial]) -> list[Partial]:
        """Take the next row, of which that has come; the matches that are found with it."""
        self.partials = partials
        for one in ended:
            push(self.completed, one)
        self.seq += 1
        return self._given() if self.completed else []

    def _next(self, one: Partial, time_ms: int, holds: Holds) -> Iterator[Partial]:
        for edge in self._taking(one, holds):
            at = edge.wants
            counts = (*one.counts[:at], one.counts[at] + 1, *one.counts[at + 1 :])
            seq, begun_ms = (one.seq, one.time_ms) if one.seq >= 0 else (self.seq, time_ms)
            yield Partial(edge.target, seq, begun_ms, counts)
            if self._ends(edge.target, one, holds):
                yield Partial(FINAL, seq, begun_ms, counts)
        if one.seq < 0:
            yield one

    def _taking(self, one: Partial, holds: Holds) -> list[Edge]:
        """The edges with which a row is taken, also those behind states that need none."""
        found: list[Edge] = []
        pending = [one.state]
        while pending:
            for edge in self._automaton.states[pending.pop()]:
                if not self._is_open(edge, one, holds):
                    continue
                if edge.takes:
                    found.append(edge)
                else:
                    pending.append(edge.target)
        return found

    def _ends(self, state: int, one: Partial, holds: Holds) -> bool:
        """Whether a match may end in a state, as nothing more is needed."""
        pending = [state]
        while pending:
            for edge in self._automaton.states[pending.pop()]:
                if not edge.takes and self._is_open(edge, one, holds):
                    if edge.target == FINAL:
                        return True
                    pending.append(edge.target)
        return False

    def _is_open(self, edge: Edge, one: Partial, holds: Holds) -> bool:
        if edge.wants >= 0 and not holds(edge.wants, one):
            return False
        return not edge.unless or not any(holds(at, one) for at in edge.unless)

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
        count = match.counts[self._skip_at]
        if not count:
            raise InvalidArgument(f"Could not skip to {self._node.skip.lower()} element of a match: it has no row of "
                                  f"'{self._node.skip_to}'")  # fmt: skip
        first = match.start(self._skip_at)
        found = first if self._node.skip == "FIRST" else first + count - 1
        if found == match.seq:
            raise InvalidArgument("Could not skip to first element of a match.")
        return found
