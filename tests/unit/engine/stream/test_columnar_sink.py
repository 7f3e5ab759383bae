"""Batches on their way to a sink: kept in the outbox as they are, folded by key, packed as PostgreSQL has arrays."""

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunbox.clients.hologres.target import Column
from yunbox.clients.hologres.writing import Mode, array_of
from yunbox.engine.stream.batch import Batch, Kind
from yunbox.engine.stream.connectors.hologres_arrays import can_be_key, folded, parameter
from yunbox.engine.stream.outgoing import Outgoing
from yunbox.engine.stream.poison import PoisonRecord


def _column(oid: int) -> Column:
    return Column("c", oid, "", nullable=True, has_default=False, generated=False)


def masked(values: list[int], nulls: list[int]) -> Any:
    return np.ma.MaskedArray(np.array(values), [at in nulls for at in range(len(values))])


def objects(values: list[Any]) -> Any:
    made = np.empty(len(values), object)
    made[:] = values
    return made


BATCH = Batch(
    (np.array([1, 2, 3]), masked([4, 5, 6], [1]), objects(["a", None, "é"]), np.array([0.5, -0.0, 1e300])),
    3,
    np.array([0, 1, 2], np.int8),
)


def test_the_outbox_keeps_batches_and_rows() -> None:
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(Outgoing([BATCH]).kept))
    found = Outgoing.of(kept)
    assert found.is_columnar
    assert found.changes() == BATCH.changes() == [
        (0, (1, 4, "a", 0.5)), (1, (2, None, None, -0.0)), (2, (3, 6, "é", 1e300)),
    ]  # fmt: skip
    rows = [(0, (1, None)), (3, (2, "x"))]
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(Outgoing(changes=rows).kept))
    assert Outgoing.of(kept).changes() == rows
    assert (len(Outgoing.of(kept)), len(found), bool(Outgoing()), bool(Outgoing(changes=[]))) == (2, 3, False, False)


def test_a_null_where_the_table_takes_none_is_told() -> None:
    Outgoing([BATCH]).check([(0, "a"), (3, "d")])
    for at in (1, 2):  # the row that has the NULL goes, and does not come
        Outgoing([BATCH]).check([(at, "b")])
        comes = Batch(BATCH.columns, 3, np.array([0, 2, 2], np.int8))
        with pytest.raises(PoisonRecord, match="'b' is NOT NULL"):
            Outgoing([comes]).check([(at, "b")])


CHANGES = st.lists(st.tuples(st.sampled_from([0, 1, 2, 3]), st.integers(-3, 3)), min_size=1, max_size=30)


@given(CHANGES, st.sampled_from(list(Mode)))
def test_the_last_change_of_a_key_counts(changes: list[tuple[int, int]], mode: Mode) -> None:
    kinds = np.array([kind for kind, _ in changes], np.int8)
    keys, values = np.array([key for _, key in changes]), np.arange(len(changes))
    batch = Batch((values, keys), len(changes), kinds if kinds.any() else None)
    last: dict[int, tuple[int, int]] = {}
    for at, (kind, key) in enumerate(changes):
        if mode is Mode.IGNORE and not kinds.any():
            last.setdefault(key, (at, kind))
        else:
            last[key] = at, kind
    kept, gone = folded(batch, 1, mode)
    assert dict(zip(kept.columns[1].tolist(), kept.columns[0].tolist(), strict=True)) == {
        key: at for key, (at, kind) in last.items() if Kind(kind).sign > 0
    }
    assert sorted(gone) == sorted(key for key, (_, kind) in last.items() if Kind(kind).sign < 0)


@pytest.mark.parametrize(
    ("oid", "array"),
    [
        (20, np.array([0, -1, 2**63 - 1, -(2**63)])),
        (20, np.array([1, -1], np.int16)),
        (21, np.array([0, -(2**15)], np.int16)),
        (23, np.array([2**31 - 1], np.int32)),
        (23, np.array([7], np.int64)),
        (700, np.array([0.5, -0.0, np.inf], np.float32)),
        (701, np.array([0.1, -0.0, np.inf, 5e-324])),
        (701, np.array([1, 2], np.int32)),
        (1082, np.array([0, -719_162, 2_932_896], np.int32)),
        (1114, np.array([0, -62_135_596_800_000_000, 253_402_300_799_999_999])),
        (1184, np.array([1_700_000_000_123_456])),
        (16, np.array([True, False])),
        (25, objects(["a", None, 'é\\,"{}'])),
        (20, masked([1, 2, 3], [1])),
        (1114, masked([1, 2, 3], [0])),
        (1700, objects(["1.50", None])),
        (701, objects(["nan", "0.5"])),
    ],
)
def test_arrays_are_packed_as_lists_are(oid: int, array: Any) -> None:
    assert parameter(_column(oid), array) == array_of(_column(oid), array.tolist())


def test_what_can_be_a_key() -> None:
    assert can_be_key(np.array([1], np.int32))
    assert not can_be_key(np.array([1.0]))
    assert not can_be_key(objects(["a"]))
    assert not can_be_key(masked([1, 2], [0]))
    assert can_be_key(Batch((masked([1, 2], []),), 2).plain().columns[0])
