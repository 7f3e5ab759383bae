"""What ANALYZE has found of tables and columns, and when: beside the definitions, as nothing that is planned depends
on it.

What it has found of columns lies in a database of its own, an entry each, so that nothing which is looked at with every
statement grows with it.
"""

from collections.abc import Iterator, Sequence

import msgspec

from yunbox.storage.rows.model import Column, Relation
from yunbox.storage.rows.statistics.figures import Figures
from yunbox.storage.rows.view import Change, View

_PREFIX = b"statistics "
_OFF = b"no auto analyze"
_STATISTICS = "statistics"
_OID = 4


class Analyzed(msgspec.Struct, frozen=True, array_like=True):
    """The last ANALYZE of a table, and how many there were: by statements, and without being asked.

    ``changes`` is how many changes of its rows there had been then.
    """

    rows: int
    schema_version: int
    at_us: int
    count: int = 1
    changes: int = 0
    auto_count: int = 0
    asked_us: int = 0
    auto_us: int = 0

    @property
    def version(self) -> int:
        """How many times the table was analyzed."""
        return self.count + self.auto_count


class Sampled(msgspec.Struct, frozen=True):
    """What was found of one column of a table, and of which type it was then."""

    number: int
    type_oid: int
    figures: Figures


_load = msgspec.msgpack.Decoder(Analyzed).decode
_load_sampled = msgspec.msgpack.Decoder(Sampled).decode
_dump = msgspec.msgpack.Encoder().encode


def analyzed(view: View, relation: Relation) -> Analyzed | None:
    """What is known of a table; None of one that was never analyzed."""
    data = view.get("meta", _key(relation))
    return _load(data) if data is not None else None


def sampled(view: View, relation: Relation) -> Iterator[tuple[Column, Figures]]:
    """What is known of a table's columns, as long as they are of the type that they were of."""
    columns = {column.number: column for column in relation.live}
    for _, data in view.prefixed(_STATISTICS, relation.oid.to_bytes(_OID, "big")):
        found = _load_sampled(data)
        column = columns.get(found.number)
        if column is not None and column.type_oid == found.type_oid:
            yield column, found.figures


def analyze(
    change: Change,
    relation: Relation,
    rows: int,
    changes: int,
    now_us: int,
    found: Sequence[Sampled] = (),
    *,
    is_asked: bool = True,
) -> None:
    """Keep that a table was analyzed, and what was ``found`` of columns."""
    before = analyzed(change, relation) or Analyzed(0, 0, 0, 0)
    made = Analyzed(
        rows, relation.schema_version, now_us, before.count + is_asked, changes, before.auto_count + (not is_asked),
        now_us if is_asked else before.asked_us or (before.at_us if before.count else 0),
        before.auto_us if is_asked else now_us,
    )  # fmt: skip
    change.put("meta", _key(relation), _dump(made))
    for one in found:
        change.put(_STATISTICS, _column_key(relation, one.number), _dump(one))
    for column in relation.columns:
        if column.dropped:
            change.delete(_STATISTICS, _column_key(relation, column.number))


def forget(change: Change, relation: Relation) -> None:
    """A table is there no more."""
    change.delete("meta", _key(relation))
    for key, _ in list(change.prefixed(_STATISTICS, relation.oid.to_bytes(_OID, "big"))):
        change.delete(_STATISTICS, key)


def is_automatic(view: View) -> bool:
    """Whether tables of the database are analyzed without being asked, as they are until somebody says otherwise."""
    return view.get("meta", view.own + _OFF) is None


def set_automatic(change: Change, *, on: bool) -> None:
    """Say whether they are to be."""
    if on:
        change.delete("meta", change.own + _OFF)
    else:
        change.put("meta", change.own + _OFF, b"")


def changes_since(view: View, relation: Relation, parts: Sequence[Relation]) -> int:
    """How many changes there were of the rows of a table, which has some ``parts``, since it was last analyzed."""
    found = analyzed(view, relation)
    changes = sum(view.totals(part).changes for part in parts)
    before = found.changes if found is not None else 0
    return changes - before if changes >= before else changes  # TRUNCATE begins anew, and so does a part that goes


def _key(relation: Relation) -> bytes:
    return _PREFIX + relation.oid.to_bytes(_OID, "big")


def _column_key(relation: Relation, number: int) -> bytes:
    return relation.oid.to_bytes(_OID, "big") + number.to_bytes(2, "big")
