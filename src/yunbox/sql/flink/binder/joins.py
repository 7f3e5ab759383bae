"""Which kind of join two relations make: of intervals, of windows, or a regular one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from yunbox.sql.flink import coercion
from yunbox.sql.flink.binder.conditions import Conjunct, all_of
from yunbox.sql.flink.binder.scope import Column, Relation
from yunbox.sql.flink.casts import cast
from yunbox.sql.flink.errors import NotSensible
from yunbox.sql.flink.expr import Expr, mark, moved, shifted
from yunbox.sql.flink.plans import Bound, Field, IntervalJoin, Join, JoinKind, Node, Project, WindowJoin


@dataclass(frozen=True)
class JoinHints:
    """How long the state of the sides lives: of the session, and by the names that STATE_TTL says."""

    ttl_ms: int = 0
    by_name: Mapping[str, int] = field(default_factory=dict)
    batch: bool = False

    def of(self, columns: Sequence[Column]) -> int:
        """A side's."""
        names = {one.qualifier[-1] for one in columns if one.qualifier}
        return next((ms for name, ms in self.by_name.items() if name in names), self.ttl_ms)


@dataclass(frozen=True)
class Pairing:
    """Equalities between the sides, as expressions of each, and the other conditions over both."""

    keys: list[tuple[Expr, Expr]]
    rest: list[Conjunct]


def joined(
    kind: JoinKind,
    left: Relation,
    right: Relation,
    conditions: Sequence[Conjunct],
    columns: tuple[Column, ...],
    hints: JoinHints,
    *,
    null_aware: bool = False,
) -> Relation:
    """The join of two relations on conditions over the columns of both, the right's behind the left's."""
    width = len(left.columns)
    times = _interval(left, right, conditions, kind) if not hints.batch else None
    if times is not None:
        return _interval_join(kind, left, right, times, columns)
    pairing = paired(conditions, width)
    windows = _window(left, right, pairing, width)
    if windows is not None:
        return _window_join(kind, left, right, pairing, windows, columns)
    return _regular(kind, left, right, pairing, columns, hints, null_aware)


def paired(conditions: Sequence[Conjunct], width: int) -> Pairing:
    """Equalities of one side with the other apart from the rest."""
    keys: list[tuple[Expr, Expr]] = []
    rest: list[Conjunct] = []
    for one in conditions:
        found = _key(one, width) or _key(one.turned(), width)
        if found is None:
            rest.append(one)
        else:
            keys.append(found)
    return Pairing(keys, rest)


def _key(one: Conjunct, width: int) -> tuple[Expr, Expr] | None:
    if one.symbol != "=" or one.left is None or one.right is None:
        return None
    first, second = one.left.columns, one.right.columns
    if not first or not second or max(first) >= width or min(second) < width:
        return None
    return one.left, replace(one.right, sql=shifted(one.right.sql, -width))


# -- regular joins


def _regular(
    kind: JoinKind,
    left: Relation,
    right: Relation,
    pairing: Pairing,
    columns: tuple[Column, ...],
    hints: JoinHints,
    null_aware: bool,
) -> Relation:
    made = keyed(left, right, pairing)
    timeless = tuple(replace(one, time="", window=None) for one in columns)
    joined_fields = _fields(kind, made.left.fields, made.right.fields)
    node = Join(
        joined_fields, made.left, made.right, kind, made.keys, made.condition, hints.of(left.columns),
        hints.of(right.columns), null_aware,
    )  # fmt: skip
    return Relation(made.narrowed(node, kind, timeless), timeless)


def _fields(kind: JoinKind, left: Sequence[Field], right: Sequence[Field]) -> tuple[Field, ...]:
    """Of a regular join no field is a time attribute; fields of a side that may be missing may be NULL."""
    first = [_nullable(one, missing=kind in ("RIGHT", "FULL")) for one in left]
    if kind in ("SEMI", "ANTI"):
        return tuple(first)
    return (*first, *(_nullable(one, missing=kind in ("LEFT", "FULL")) for one in right))


def _nullable(one: Field, *, missing: bool) -> Field:
    return Field(one.name, one.type.of(nullable=True) if missing else one.type)


@dataclass(frozen=True)
class Keyed:
    """Both sides with their keys as columns, and the other conditions over them."""

    left: Node
    right: Node
    keys: tuple[tuple[int, int], ...]
    condition: str
    widths: tuple[int, int]

    def narrowed(self, node: Node, kind: JoinKind, columns: tuple[Column, ...]) -> Node:
        """Without the columns that were added for the keys."""
        total = len(self.left.fields)
        places = [*range(self.widths[0])]
        if kind not in ("SEMI", "ANTI"):
            places += [total + i for i in range(self.widths[1])]
        if len(places) == len(node.fields):
            return node
        fields = tuple(replace(one.field, type=node.fields[place].type, time=node.fields[place].time)
                       for one, place in zip(columns, places, strict=True))  # fmt: skip
        return Project(fields, node, tuple(Bound(mark(place), node.fields[place].type) for place in places))


def keyed(left: Relation, right: Relation, pairing: Pairing) -> Keyed:
    """Keys that are more than a column, or of two types, are computed below."""
    more_left: list[Expr] = []
    more_right: list[Expr] = []
    keys: list[tuple[int, int]] = []
    widths = (len(left.columns), len(right.columns))
    for first, second in pairing.keys:
        if not _alike(first, second):
            of = coercion.common((first.type, second.type)) or first.type
            first, second = cast(first, of), cast(second, of)
        keys.append((_place(first, widths[0], more_left), _place(second, widths[1], more_right)))
    places = {i: i for i in range(widths[0])}
    places |= {widths[0] + i: widths[0] + len(more_left) + i for i in range(widths[1])}
    condition = moved(all_of(pairing.rest), places)
    return Keyed(with_more(left.node, more_left), with_more(right.node, more_right), tuple(keys), condition, widths)


def _alike(first: Expr, second: Expr) -> bool:
    return first.type.duckdb == second.type.duckdb


def _place(value: Expr, width: int, more: list[Expr]) -> int:
    if value.column is not None:
        return value.column
    more.append(value)
    return width + len(more) - 1


def with_more(node: Node, more: Sequence[Expr]) -> Node:
    """A node with more columns behind its own."""
    if not more:
        return node
    fields = (*node.fields, *(Field(f"$f{len(node.fields) + i}", one.type) for i, one in enumerate(more)))
    kept = tuple(Bound(mark(i), one.type) for i, one in enumerate(node.fields))
    return Project(fields, node, (*kept, *(Bound(one.sql, one.type) for one in more)))


# -- interval joins


@dataclass(frozen=True)
class _Times:
    places: tuple[int, int]
    lower_ms: int
    upper_ms: int
    rest: list[Conjunct]


def _interval(left: Relation, right: Relation, conditions: Sequence[Conjunct], kind: JoinKind) -> _Times | None:
    """The bounds of left - right of two time attributes of one kind; None when one of them is missing."""
    width = len(left.columns)
    found: dict[tuple[int, int], list[tuple[Conjunct, int | None, int | None]]] = {}
    for one in conditions:
        bounds = _bounds(one, width)
        if bounds is None:
            continue
        places, lower, upper = bounds
        roles = (left.columns[places[0]].time, right.columns[places[1]].time)
        if roles[0] == roles[1]:
            found.setdefault(places, []).append((one, lower, upper))
    for places, bounds in found.items():
        lowest = [low for _, low, _ in bounds if low is not None]
        highest = [high for _, _, high in bounds if high is not None]
        if lowest and highest:
            if left.node.updates or right.node.updates:
                raise NotSensible("IntervalJoin doesn't support consuming update changes")
            used = [one for one, _, _ in bounds]
            rest = [one for one in conditions if one not in used]
            return _Times(places, max(lowest), min(highest), rest)
    return None


def _bounds(one: Conjunct, width: int) -> tuple[tuple[int, int], int | None, int | None] | None:
    if one.terms is None:
        return None
    if one.terms[0][0] >= width:
        one = one.turned()
    if one.terms is None or one.terms[0][0] >= width or one.terms[1][0] < width:
        return None
    (first, plus), (second, minus) = one.terms
    gap = minus - plus  # left - right  op  gap
    places = (first, second - width)
    return {
        "=": (places, gap, gap),
        "<": (places, None, gap - 1),
        "<=": (places, None, gap),
        ">": (places, gap + 1, None),
        ">=": (places, gap, None),
    }[one.symbol]


def _interval_join(
    kind: JoinKind, left: Relation, right: Relation, times: _Times, columns: tuple[Column, ...]
) -> Relation:
    made = keyed(left, right, paired(times.rest, len(left.columns)))
    kept = tuple(replace(one, window=None) for one in columns)
    fields = _timed_fields(kind, made.left.fields, made.right.fields)
    node = IntervalJoin(
        fields, made.left, made.right, kind, made.keys, times.places, times.lower_ms, times.upper_ms, made.condition
    )
    return Relation(made.narrowed(node, kind, kept), kept)


def _timed_fields(kind: JoinKind, left: Sequence[Field], right: Sequence[Field]) -> tuple[Field, ...]:
    """Of a join of intervals and of windows time attributes stay what they are."""
    plain = _fields(kind, left, right)
    both = (*left, *(() if kind in ("SEMI", "ANTI") else right))
    return tuple(replace(one, time=old.time) for one, old in zip(plain, both, strict=True))


# -- window joins


def _window(
    left: Relation, right: Relation, pairing: Pairing, width: int
) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """The windows of both sides when their starts and their ends are equal: places of starts and ends."""
    equal = {(a.column, b.column) for a, b in pairing.keys if a.column is not None and b.column is not None}
    for start, end, spec in left.windows():
        for other_start, other_end, other_spec in right.windows():
            if spec == other_spec and {(start, other_start), (end, other_end)} <= equal:
                return (start, end), (other_start, other_end)
    return None


def _window_join(
    kind: JoinKind,
    left: Relation,
    right: Relation,
    pairing: Pairing,
    windows: tuple[tuple[int, int], tuple[int, int]],
    columns: tuple[Column, ...],
) -> Relation:
    first, second = windows
    bounds = set(zip(first, second, strict=True))
    keys = [(a, b) for a, b in pairing.keys if (a.column, b.column) not in bounds]
    made = keyed(left, right, Pairing(keys, pairing.rest))
    fields = _timed_fields(kind, made.left.fields, made.right.fields)
    node = WindowJoin(fields, made.left, made.right, kind, made.keys, first, second, made.condition)
    return Relation(made.narrowed(node, kind, columns), columns)
