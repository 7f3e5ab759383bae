"""Regular joins: both sides are remembered, and each change of one is joined with what the other has at that moment.

A side's state is a bag of rows for each key: row -> [how often it is there, how many partners it has, touched].
Partners are counted where a row without any says something of its own: on outer sides, and left of SEMI and ANTI.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from yunbox.engine.stream.batch import DELETE, INSERT, SIGN, Batch, Change, Row, types_of
from yunbox.engine.stream.operators.conditions import Condition
from yunbox.engine.stream.operators.operator import Context, Expiry, Operator
from yunbox.engine.stream.state import BagState, Key, key_of
from yunbox.sql.flink.plans import Join

_LEFT, _RIGHT = 0, 1
_MATCHES = ("SEMI", "ANTI")


@dataclass
class _Side:
    """One input: where its keys are, what it remembers, and whether its rows are given without a partner."""

    key: Callable[[Row], Key]
    rows: BagState
    width: int
    is_outer: bool
    counts: bool
    ttl_ms: int
    expiry: Expiry


class _Partner(NamedTuple):
    """A row of the other side, the two as one, and how often it is there."""

    row: Row
    pair: Row
    count: int


class RegularJoin(Operator):
    """INNER, LEFT, RIGHT, FULL, SEMI and ANTI."""

    def __init__(self, context: Context, node: Join) -> None:
        super().__init__(context, types_of(node.fields))
        self._kind = node.kind
        left, right = types_of(node.left.fields), types_of(node.right.fields)
        self._condition = Condition(context.duck, node.condition, (*left, *right))
        has_matches = node.kind in _MATCHES
        self._is_inner = node.kind == "INNER"
        outer_left, outer_right = node.kind in ("LEFT", "FULL"), node.kind in ("RIGHT", "FULL")
        self._sides = (
            _Side(key_of([one for one, _ in node.keys]), context.bag(), len(left), outer_left,
                  outer_left or has_matches, node.left_ttl_ms, Expiry(node.left_ttl_ms)),
            _Side(key_of([one for _, one in node.keys]), context.bag(), len(right), outer_right,
                  outer_right, node.right_ttl_ms, Expiry(node.right_ttl_ms)),
        )  # fmt: skip
        self._now_ms = 0

    def tick(self, now_ms: int) -> Iterator[Batch]:
        """As in Operator."""
        self._now_ms = now_ms
        for side in self._sides:
            before = side.expiry.before(now_ms, side.rows)
            if before is not None:
                side.rows.expire(before, lambda entry: int(entry[2]))
        yield from ()

    def process(self, port: int, batch: Batch) -> Iterator[Batch]:
        """As in Operator."""
        changes = batch.changes()
        partners = self._partners(port, [row for _, row in changes])
        found: list[Change] = []
        for (kind, row), others in zip(changes, partners, strict=True):
            if self._is_inner:
                found += [(kind, one.pair) for one in others for _ in range(one.count)]
                self._remember(port, row, SIGN[kind], len(others))
            else:
                found += self._changed(port, kind, row, [one.row for one in others])
        yield from self.given(found)

    # -- partners

    def _partners(self, port: int, rows: list[Row]) -> list[list[_Partner]]:
        """The other side's rows that each row has for partners; within a batch of one side the other stays."""
        this, other = self._sides[port], self._sides[1 - port]
        owners: list[int] = []
        others: list[_Partner] = []
        for at, row in enumerate(rows):
            key = this.key(row)
            if None in key:
                continue  # NULL equals nothing
            for partner, entry in list(other.rows.get(key).items()):
                if self._is_over(other, entry):
                    other.rows.delete(key, partner)
                    continue
                owners.append(at)
                pair = (*row, *partner) if port == _LEFT else (*partner, *row)
                others.append(_Partner(partner, pair, entry[0]))
        found: list[list[_Partner]] = [[] for _ in rows]
        holds = self._condition.holds([one.pair for one in others])
        for at, one, held in zip(owners, others, holds, strict=True):
            if held:
                found[at].append(one)
        return found

    def _is_over(self, side: _Side, entry: list[int]) -> bool:
        return bool(side.ttl_ms) and entry[2] + side.ttl_ms <= self._now_ms

    # -- changes

    def _changed(self, port: int, kind: int, row: Row, partners: list[Row]) -> Iterator[Change]:
        sign = SIGN[kind]
        if self._kind in _MATCHES:
            yield from self._matched(port, kind, row, partners, sign)
        else:
            yield from self._joined(port, kind, row, partners, sign)
        self._remember(port, row, sign, len(partners))

    def _joined(self, port: int, kind: int, row: Row, partners: list[Row], sign: int) -> Iterator[Change]:
        """A row that comes takes the place of what its partners were without it, and one that goes leaves it."""
        this, other = self._sides[port], self._sides[1 - port]
        if not partners and this.is_outer:
            yield kind, self._alone(port, row)
        key = this.key(row)
        for partner in partners:
            count, matches = other.rows.get(key)[partner][:2] if other.counts else (self._count(other, key, partner), 0)
            pair = (*row, *partner) if port == _LEFT else (*partner, *row)
            lonely = other.is_outer and (matches == 0 if sign > 0 else matches == 1)
            for _ in range(count):
                if lonely and sign > 0:
                    yield DELETE, self._alone(1 - port, partner)
                yield (kind if not (this.is_outer or other.is_outer) else INSERT if sign > 0 else DELETE), pair
                if lonely and sign < 0:
                    yield INSERT, self._alone(1 - port, partner)
            if other.counts:
                self._counted(other, key, partner, sign)

    def _matched(self, port: int, kind: int, row: Row, partners: list[Row], sign: int) -> Iterator[Change]:
        """SEMI gives the left rows that have partners, ANTI those that have none."""
        if port == _LEFT:
            if bool(partners) == (self._kind == "SEMI"):
                yield kind, row
            return
        left = self._sides[_LEFT]
        key = self._sides[_RIGHT].key(row)
        for partner in partners:
            count, matches = left.rows.get(key)[partner][:2]
            changes = matches == 0 if sign > 0 else matches == 1
            if changes:
                comes = (sign > 0) == (self._kind == "SEMI")
                for _ in range(count):
                    yield INSERT if comes else DELETE, partner
            self._counted(left, key, partner, sign)

    def _alone(self, port: int, row: Row) -> Row:
        nothing = (None,) * self._sides[1 - port].width
        return (*row, *nothing) if port == _LEFT else (*nothing, *row)

    # -- what is remembered

    def _count(self, side: _Side, key: Key, row: Row) -> int:
        return int(side.rows.get(key)[row][0])

    def _counted(self, side: _Side, key: Key, row: Row, sign: int) -> None:
        count, matches, touched = side.rows.get(key)[row]
        side.rows.put(key, row, [count, matches + sign, touched])

    def _remember(self, port: int, row: Row, sign: int, matches: int) -> None:
        side = self._sides[port]
        key = side.key(row)
        if None in key and not (side.is_outer or self._kind == "ANTI"):
            return
        entry: list[Any] | None = side.rows.get(key).get(row)
        count = (entry[0] if entry else 0) + sign
        if count > 0:
            side.rows.put(key, row, [count, matches, self._now_ms])
        elif entry:
            side.rows.delete(key, row)
