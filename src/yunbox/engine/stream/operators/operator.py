"""What every step that remembers something is: the rows it takes and gives, and the times it is told."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from yunbox.engine.stream.batch import Batch, Change, from_changes
from yunbox.engine.stream.connectors.connector import Lookup
from yunbox.engine.stream.duck import Duck
from yunbox.engine.stream.kept import Kept
from yunbox.engine.stream.parallel.groups import Ownership
from yunbox.engine.stream.slots import SlotState
from yunbox.engine.stream.state import BagState, Key, KeyedState, State, TimedState
from yunbox.engine.stream.udf.aggregators import Aggregator
from yunbox.kernel.errors import Unsupported
from yunbox.sql.flink.plans import LookupJoin, UserFunction
from yunbox.sql.flink.types import FlinkType

NEVER = -(1 << 62)
"""The watermark before there is any."""
ALWAYS = (1 << 62) - 1
"""The watermark when nothing more will come."""
_LOOK_MS = 1000
S = TypeVar("S", bound=State)
OfKey = Callable[[Key], Key]
"""Says of a key in a state to which of the step's keys it belongs."""
OpenLookup = Callable[[LookupJoin], Lookup]
"""Makes what asks a table by key."""

FindAggregator = Callable[[UserFunction], Aggregator]
"""Finds what works out an aggregate function of a user's."""


def no_lookup(node: LookupJoin) -> Lookup:
    """Where no table can be asked."""
    raise Unsupported(f"Table {node.table.path} cannot be asked by key here")


def no_aggregator(function: UserFunction) -> Aggregator:
    """Where there are no functions of users."""
    raise Unsupported(f"The function {function.name} is not loaded here")


@dataclass
class Context:
    """What a step is given: its name in the state, where states lie, and DuckDB."""

    name: str
    store: Kept
    duck: Duck
    memory_bytes_max: int
    zone: str = "UTC"
    open_lookup: OpenLookup = no_lookup
    is_batch: bool = False
    aggregator: FindAggregator = no_aggregator
    ownership: Ownership | None = None
    """Which of the step's keys are this process's, where others have the rest."""
    states: list[State] = field(default_factory=list)

    def _made(self, kind: Callable[..., S], *more: Any) -> S:
        prefix = f"{self.name}/{len(self.states)}/".encode()
        made = kind(self.store, prefix, self.memory_bytes_max, *more)
        self.states.append(made)
        return made

    def _owned(self, made: S, of: OfKey | None) -> S:
        owner = self.ownership
        if owner is not None:
            made.owns = owner.has if of is None else lambda key: owner.has(of(key))
        return made

    def slots(self, dtypes: Sequence[Any]) -> SlotState:
        """A state with numbers for each key."""
        made = self._made(SlotState, dtypes)
        if self.ownership is not None:
            made.owns = self.ownership.has_name
        return made

    def keyed(self, of: OfKey | None = None) -> KeyedState:
        """A state with a value for each key of the step, or for what says ``of`` which of those it belongs to."""
        return self._owned(self._made(KeyedState), of)

    def timed(self, of: OfKey | None = None) -> TimedState:
        """A state with values that become due."""
        return self._owned(self._made(TimedState), of)

    def bag(self, of: OfKey | None = None) -> BagState:
        """A state with named values for each key."""
        return self._owned(self._made(BagState), of)


class Expiry:
    """When to look for what nobody has touched for long: a few times in the time that it may live."""

    def __init__(self, ttl_ms: int) -> None:
        self._ttl_ms = ttl_ms
        self._every_ms = max(ttl_ms // 4, _LOOK_MS)
        self._looked_ms = 0

    def before(self, now_ms: int, state: State) -> int | None:
        """What a state was touched for last at this time or before is to go; None where it is not the time to look."""
        if not self._ttl_ms:
            return None
        if state.is_passed and 0 <= now_ms - self._looked_ms < self._every_ms:  # the clock may have been set back
            return None
        self._looked_ms = now_ms
        return now_ms - self._ttl_ms


class Remembered:
    """A value for each key, forgotten when nobody has touched it for so long. The state is [value, touched].

    ``forget`` is told of the keys whose values are over.
    """

    def __init__(self, context: Context, ttl_ms: int, forget: Callable[[Key], None] = lambda key: None) -> None:
        self._values = context.keyed()
        self._ttl_ms = ttl_ms
        self._forget = forget
        self._expiry = Expiry(ttl_ms)
        self._now_ms = 0

    def tick(self, now_ms: int) -> None:
        """The clock has gone on: what is over is taken away now and then, and is not given in between."""
        self._now_ms = now_ms
        before = self._expiry.before(now_ms, self._values)
        if before is not None:
            for key in self._values.old(before, lambda kept: int(kept[1])):
                self._forget(key)
                self._values.delete(key)

    def get(self, key: Key) -> Any:
        """A key's value, or None."""
        found = self._values.get(key)
        if found is None:
            return None
        if self._ttl_ms and found[1] + self._ttl_ms <= self._now_ms:
            self._forget(key)
            return None
        return found[0]

    def put(self, key: Key, value: Any) -> None:
        """Give a key a value, which is touched by that."""
        self._values.put(key, [value, self._now_ms])

    def delete(self, key: Key) -> None:
        """Forget a key."""
        self._values.delete(key)


class Operator:
    """One step. ``types`` are those of the rows it gives."""

    def __init__(self, context: Context, types: Sequence[FlinkType]) -> None:
        self.context = context
        self.types = tuple(types)
        self.watermark = NEVER
        self.late_rows = 0

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """Take rows of one of its inputs, in their order."""
        raise NotImplementedError

    def advance(self, watermark_ms: int) -> Iterator[Batch]:
        """No row that is not later than this will come any more, but for late ones."""
        self.watermark = watermark_ms
        yield from ()

    def tick(self, now_ms: int) -> Iterator[Batch]:
        """The clock has gone on."""
        yield from ()

    def queries(self) -> Sequence[str]:
        """What it works out over the rows of the stage above, where it has the query from there itself."""
        return ()

    def given(self, changes: Sequence[Change]) -> Iterator[Batch]:
        """Changes as a batch, if there are any."""
        if changes:
            yield from_changes(changes, self.types)

    def describe(self) -> dict[str, Any]:
        """What may be told of it to who watches."""
        return {"late_rows": self.late_rows}
