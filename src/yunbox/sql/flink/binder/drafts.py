"""FROM before WHERE is known: a tree of what is joined, so that conditions come as far down as they may.

Whether a join is one of intervals or of windows depends on all conditions, wherever they are written.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from yunbox.sql.flink.binder.conditions import Conjunct, all_of
from yunbox.sql.flink.binder.joins import JoinHints, joined
from yunbox.sql.flink.binder.ranking import ranked
from yunbox.sql.flink.binder.scope import Column, Relation, Scope
from yunbox.sql.flink.plans import Filter, JoinKind

Attach = Callable[[Relation, Sequence[Conjunct]], Relation]


@dataclass(frozen=True)
class Leaf:
    """A relation."""

    relation: Relation

    @property
    def columns(self) -> tuple[Column, ...]:
        """What it gives."""
        return self.relation.columns


@dataclass(frozen=True)
class Joined:
    """Two that are joined on conditions over both sides' columns."""

    kind: JoinKind
    left: "Draft"
    right: "Draft"
    conditions: tuple[Conjunct, ...]
    columns: tuple[Column, ...]
    hints: JoinHints


@dataclass(frozen=True)
class Attached:
    """Something made from each row of the left: a look-up, a version, elements. ``attach`` makes its node."""

    left: "Draft"
    columns: tuple[Column, ...]
    conditions: tuple[Conjunct, ...]
    attach: Attach
    outer: bool = False


Draft = Leaf | Joined | Attached


def scope(draft: Draft) -> Scope:
    """What names mean in it."""
    return Scope(draft.columns)


def finished(draft: Draft, conditions: Sequence[Conjunct]) -> Relation:
    """The relation of a draft, of the rows for which all conditions hold."""
    if isinstance(draft, Leaf):
        return _leaf(draft.relation, conditions)
    if isinstance(draft, Attached):
        return _attached(draft, conditions)
    return _joined(draft, conditions)


def filtered(relation: Relation, conditions: Sequence[Conjunct]) -> Relation:
    """The rows of a relation for which all conditions hold."""
    if not conditions:
        return relation
    return Relation(Filter(relation.node.fields, relation.node, all_of(list(conditions))), relation.columns)


def _leaf(relation: Relation, conditions: Sequence[Conjunct]) -> Relation:
    relation, rest = ranked(relation, conditions)
    return filtered(relation, rest)


def _attached(draft: Attached, conditions: Sequence[Conjunct]) -> Relation:
    width = len(draft.left.columns)
    below = [one for one in conditions if all(place < width for place in one.columns)]
    above = [one for one in conditions if one not in below]
    if not draft.outer:
        made = draft.attach(finished(draft.left, below), (*draft.conditions, *above))
        return Relation(made.node, draft.columns)
    made = draft.attach(finished(draft.left, below), draft.conditions)
    return filtered(Relation(made.node, draft.columns), above)


def _joined(draft: Joined, conditions: Sequence[Conjunct]) -> Relation:
    width = len(draft.left.columns)
    on = [*draft.conditions]
    above = [*conditions]
    if draft.kind == "INNER":
        on, above = [*on, *above], []
    # What is only about one side goes below it, unless rows of that side stay without a partner.
    left = _taken(on, width, left=True) if draft.kind in ("INNER", "RIGHT", "SEMI") else []
    right = _taken(on, width, left=False) if draft.kind in ("INNER", "LEFT", "SEMI", "ANTI") else []
    if draft.kind in ("LEFT", "SEMI", "ANTI"):
        left += _taken(above, width, left=True)
    if draft.kind == "RIGHT":
        right += _taken(above, width, left=False)
    sides = (finished(draft.left, left), finished(draft.right, [one.shifted(-width) for one in right]))
    return filtered(joined(draft.kind, sides[0], sides[1], on, draft.columns, draft.hints), above)


def _taken(conditions: list[Conjunct], width: int, *, left: bool) -> list[Conjunct]:
    """Those that are about one side only, which are no longer among the others."""
    found = [one for one in conditions if one.columns and all((place < width) == left for place in one.columns)]
    for one in found:
        conditions.remove(one)
    return found
