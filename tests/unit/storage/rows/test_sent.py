"""Rows of an engine that are packed at once are those that are packed one by one."""

import random
from collections.abc import Sequence

import pytest

from yunbox.storage.rows.bulk import sent
from yunbox.storage.rows.bulk.sent import Packer
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.model import Column, Relation
from yunbox.wire.pgwire.backend import data_row
from yunbox.wire.pgwire.datarows import Fields
from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.values.types import BY_NAME

TEXTS = {
    "int8": lambda chance: b"%d" % chance.choice((0, -(1 << 63), (1 << 63) - 1, chance.randrange(-1000, 1000))),
    "int4": lambda chance: b"%d" % chance.choice((0, -(1 << 31), (1 << 31) - 1, chance.randrange(-1000, 1000))),
    "text": lambda chance: chance.choice(("", "x", "Straße", "名前", "a\tb\nc\\N", "y" * 200)).encode(),
    "date": lambda chance: chance.choice((b"2020-02-29", b"1999-12-31")),
    "timestamp": lambda chance: chance.choice((b"2020-02-29 01:02:03", b"1999-12-31 23:59:59.000001")),
    "float8": lambda chance: chance.choice((b"NaN", b"-Infinity", b"1e+300", b"0.1")),
    "numeric": lambda chance: chance.choice((b"NaN", b"0.10", b"-12345678901234567890.5")),
    "bool": lambda chance: chance.choice((b"t", b"f")),
    "bytea": lambda chance: chance.choice((b"\\x", b"\\x00ff", b"\\x61")),
    "jsonb": lambda chance: b'{"a": [1, null]}',
}
SHAPES = [
    ("int8", "int4"), ("text", "int8", "text"), ("int4", "text", "date", "float8", "numeric", "bool", "jsonb"),
    ("int4", "text", "date", "float8", "bytea", "timestamp"),
]  # fmt: skip
KEYS = [(), (1,), (2, 1), (3, 1), (5,), (6, 2)]


def relation(types: Sequence[str], key: Sequence[int], **more: object) -> Relation:
    columns = tuple(Column(f"c{at}", at, BY_NAME[of].oid) for at, of in enumerate(types, 1))
    return Relation(1, "public", "t", 7, columns, primary_key=tuple(key), **more)  # ty: ignore[invalid-argument-type]


def packer(of: Relation) -> Packer:
    return sent.packer_of(Form(of))


def messages(rows: Sequence[Fields]) -> bytes:
    return b"".join(map(data_row, rows))


def is_key(types: Sequence[str], key: Sequence[int]) -> bool:
    return all(at <= len(types) and types[at - 1] not in ("numeric", "float8") for at in key)


@pytest.mark.parametrize(("types", "key"), [(of, key) for of in SHAPES for key in KEYS if is_key(of, key)])
def test_they_are_the_same(types: Sequence[str], key: Sequence[int], monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(len(types) * 10 + len(key))
    of = relation(types, key)
    rows: list[Fields] = [
        [None if at not in key and chance.random() < 0.2 else TEXTS[name](chance) for at, name in enumerate(types, 1)]
        for _ in range(500)
    ]
    many = messages(rows)
    at_once = packer(of).packed(many)
    monkeypatch.setattr(sent, "_FEW_BYTES", len(many))
    each = packer(of).packed(many)
    assert at_once.rows.parted() == each.rows.parted()
    assert (at_once.keys is None) == (each.keys is None) == (not key)
    if at_once.keys is not None and each.keys is not None:
        assert at_once.keys.parted() == each.keys.parted()


def test_what_rows_may_not_have_is_told_of() -> None:
    of = relation(("int8", "text"), (1,))
    rows: list[Fields] = [[b"%d" % number, b"x"] for number in range(1000)]
    rows[700][0] = None
    with pytest.raises(PgError) as told:
        packer(of).packed(messages(rows))
    assert told.value.report.sqlstate == "23502" and "(null, x)" in told.value.report.detail
    part = relation(("int8", "text"), (), parent=9, partition=2, definition="x")
    rows[700][0] = b"5"
    assert len(packer(part).packed(messages(rows))) == 1000
    rows[701][1] = b"xy"
    with pytest.raises(PgError) as told:
        packer(part).packed(messages(rows))
    assert told.value.report.sqlstate == "23514"
