"""What ANALYZE has found of a table, and when: beside the definitions, as nothing that is planned depends on it."""

import msgspec

from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.view import Change, View

_PREFIX = b"statistics "


class Analyzed(msgspec.Struct, frozen=True, array_like=True):
    """The last ANALYZE of a table, and how many there were."""

    rows: int
    schema_version: int
    at_us: int
    count: int = 1


_load = msgspec.msgpack.Decoder(Analyzed).decode
_dump = msgspec.msgpack.Encoder().encode


def analyzed(view: View, relation: Relation) -> Analyzed | None:
    """What is known of a table; None of one that was never analyzed."""
    data = view.get("meta", _key(relation))
    return _load(data) if data is not None else None


def analyze(change: Change, relation: Relation, rows: int, now_us: int) -> None:
    """Keep that a table was analyzed."""
    before = analyzed(change, relation)
    count = before.count + 1 if before is not None else 1
    change.put("meta", _key(relation), _dump(Analyzed(rows, relation.schema_version, now_us, count)))


def forget(change: Change, relation: Relation) -> None:
    """A table is there no more."""
    change.delete("meta", _key(relation))


def _key(relation: Relation) -> bytes:
    return _PREFIX + relation.oid.to_bytes(4, "big")
