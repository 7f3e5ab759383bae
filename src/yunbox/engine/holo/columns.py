"""Stored rows as Arrow columns: a batch of them is taken apart at once, without a look at any single row.

A row is its fields, each behind its length: the lengths of the first fields of all rows say where all second ones
begin, and so on. Columns are texts, of which SQL makes values (``loaded.py``); keys are numbers or bytes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import arro3.core as arro3
import nanoarrow as arrow
import numpy as np

from yunbox.engine.holo.loaded import carried, is_carried_as_numbers, is_carried_as_stored
from yunbox.storage.rows.bulk.cells import Flags, Numbers, words_of
from yunbox.storage.rows.bulk.packed import Pieces
from yunbox.storage.rows.keys import has_number_key
from yunbox.storage.rows.model import Column, Relation
from yunbox.storage.rows.rows import STANDARD
from yunbox.storage.rows.view import Entries

_NODE = 8
_LENGTH = 4
_FLOATS = {1021: np.float32, 1022: np.float64}
"""What arrays of floats are of, by OID."""
_numbers = np.arange(1 << 16)


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of one column: where they lie in some bytes, how long they are, and which are NULL."""

    starts: Numbers
    lengths: Numbers
    nulls: Flags


def batch_of(relation: Relation, keys: Pieces, rows: Pieces) -> Any:
    """Rows with their keys: these as ``key``, and the columns as ``c`` with their numbers."""
    data, fields = _apart(rows, relation.columns)
    arrays = {"key": _keys_of(relation, keys)}
    for column in relation.live:
        make = _maker(column)
        arrays[f"c{column.number}"] = make(data, fields[column.number - 1])
    return _batch(arrays, len(rows))


def entries_batch(relation: Relation, entries: Entries) -> Any:
    """The same of rows with their whole keys."""
    return batch_of(relation, Pieces.of([key[_NODE:] for key, _ in entries]), Pieces.of([row for _, row in entries]))


def keys_batch(relation: Relation, keys: Pieces) -> Any:
    """Keys alone, as the column ``key``."""
    return _batch({"key": _keys_of(relation, keys)}, len(keys))


def table_of(batches: Sequence[Any]) -> Any:
    """Batches as one table, which DuckDB's threads share between them."""
    return arrow.Array.from_chunks(batches, validate=False)


def _maker(column: Column) -> Callable[[bytes, _Fields], Any]:
    """What makes an array of a column's fields."""
    if is_carried_as_numbers(column):
        return lambda data, fields: _floats(column, data, fields)
    return _texts if is_carried_as_stored(column) else _made_one_by_one(column)


def _keys_of(relation: Relation, keys: Pieces) -> Any:
    """Keys without the table's prefix as copies have them: as numbers where they are some."""
    if has_number_key(relation):
        numbers = np.frombuffer(keys.data, ">u8").astype(np.uint64)
        return arrow.c_array_from_buffers(arrow.uint64(), len(keys), [None, numbers], null_count=0)
    return _binary(arrow.binary(), keys.data, _Fields(keys.starts, keys.lengths, np.zeros(len(keys), bool)))


def _apart(rows: Pieces, columns: Sequence[Column]) -> tuple[bytes, list[_Fields]]:
    """The fields of rows, and what they lie in. Rows that are older than a column have what it says for them."""
    ends = rows.ends
    missing = [(column.missing or "").encode() for column in columns]
    # A length is looked for behind the last row too, where rows are older than a column.
    data = b"".join([rows.data, bytes(_LENGTH), *missing])
    words = words_of(data)
    at, place = rows.starts, int(ends[-1]) + _LENGTH if len(rows) else _LENGTH
    found: list[_Fields] = []
    for column, instead in zip(columns, missing, strict=True):
        lengths = words[at].astype(np.int64)
        starts, nulls = at + _LENGTH, lengths < 0
        lengths[nulls] = 0
        if column.added:
            is_older = at >= ends
            starts[is_older], lengths[is_older] = place, len(instead)
            nulls[is_older] = column.missing is None
            at = np.where(is_older, at, starts + lengths)
        else:
            at = starts + lengths
        found.append(_Fields(starts, lengths, nulls))
        place += len(instead)
    return data, found


def _texts(data: bytes, fields: _Fields) -> Any:
    return _binary(arrow.string(), data, fields)


def _binary(kind: Any, data: bytes, fields: _Fields) -> Any:
    """Fields one behind another."""
    offsets = np.zeros(len(fields.starts) + 1, np.int32)
    np.cumsum(fields.lengths, out=offsets[1:])
    places = np.repeat(fields.starts - offsets[:-1], fields.lengths)
    places += _counted(len(places))
    return _array(kind, fields.nulls, [offsets, np.frombuffer(data, np.uint8).take(places)])


def _counted(count: int) -> Numbers:
    """The numbers from 0 on."""
    global _numbers
    found = _numbers  # another thread may set others meanwhile
    if len(found) < count:
        found = _numbers = np.arange(2 * count)
    return found[:count]


def _array(kind: Any, nulls: Flags, buffers: Sequence[Any], children: Sequence[Any] = ()) -> Any:
    count = int(nulls.sum())
    validity = np.packbits(~nulls, bitorder="little") if count else None
    return arrow.c_array_from_buffers(kind, len(nulls), [validity, *buffers], null_count=count, children=children)


def _made_one_by_one(column: Column) -> Callable[[bytes, _Fields], Any]:
    """Texts of a column that are not carried as they are stored."""

    def make(data: bytes, fields: _Fields) -> Any:
        ends = (fields.starts + fields.lengths).tolist()
        spans = zip(fields.starts.tolist(), ends, fields.nulls.tolist(), strict=True)
        stored = [None if is_null else data[start:end] for start, end, is_null in spans]
        texts = [(carried(column, one) or "").encode() for one in stored]
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        made = _Fields(np.cumsum(lengths) - lengths, lengths, fields.nulls)
        return _texts(b"".join(texts), made)

    return make


def _floats(column: Column, data: bytes, fields: _Fields) -> Any:
    """The numbers of arrays of floats, all read at once where none of them has NULL, NaN or Infinity among them."""
    is_some = fields.lengths > len("{}")
    starts, ends = (fields.starts[is_some] + 1).tolist(), (fields.starts + fields.lengths - 1)[is_some].tolist()
    texts = [data[start:end] for start, end in zip(starts, ends, strict=True)]
    joined = b",".join(texts)
    if b"N" in joined or b"I" in joined:
        return _floats_one_by_one(column, data, fields)
    lengths = np.zeros(len(fields.starts), np.int64)
    lengths[is_some] = np.fromiter((text.count(b",") + 1 for text in texts), np.int64, len(texts))
    return _lists(lengths, _parsed(column, joined), fields.nulls)


def _parsed(column: Column, joined: bytes) -> Any:
    """Numbers with commas between them."""
    kind = _FLOATS[column.type_oid]
    if not joined:
        return np.zeros(0, kind)
    letters = np.frombuffer(joined, np.uint8)
    is_digit = letters != ord(",")
    ends = np.append(np.flatnonzero(~is_digit), len(letters))
    offsets = np.zeros(len(ends) + 1, np.int32)
    offsets[1:] = ends - np.arange(len(ends))
    texts = arrow.c_array_from_buffers(arrow.string(), len(ends), [None, offsets, letters[is_digit]], null_count=0)
    made = arro3.Array.from_arrow(texts).cast(
        arro3.DataType.float32() if kind is np.float32 else arro3.DataType.float64()
    )
    assert made.null_count == 0, "numbers, as the store has them"
    return made.to_numpy()


def _floats_one_by_one(column: Column, data: bytes, fields: _Fields) -> Any:
    """The same, as the column's type reads them."""
    read = column.type.codec.read
    ends = (fields.starts + fields.lengths).tolist()
    spans = zip(fields.starts.tolist(), ends, fields.nulls.tolist(), strict=True)
    lists = [[] if is_null else read(data[start:end].decode(), STANDARD) for start, end, is_null in spans]
    lengths = np.fromiter(map(len, lists), np.int64, len(lists))
    flat = [one for some in lists for one in some]
    numbers = np.array([0.0 if one is None else one for one in flat], _FLOATS[column.type_oid])
    return _lists(lengths, numbers, fields.nulls, np.array([one is None for one in flat], bool))


def _lists(lengths: Numbers, numbers: Any, nulls: Flags, gaps: Flags | None = None) -> Any:
    """Lists of so many numbers each; ``gaps`` are the NULLs among the numbers."""
    offsets = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    kind = arrow.float32() if numbers.dtype == np.float32 else arrow.float64()
    inner = _array(kind, np.zeros(len(numbers), bool) if gaps is None else gaps, [numbers])
    return _array(arrow.list_(kind), nulls, [offsets], [inner])


def _batch(arrays: dict[str, Any], count: int) -> Any:
    schema = arrow.struct({name: array.schema for name, array in arrays.items()})
    return arrow.c_array_from_buffers(schema, count, [None], null_count=0, children=list(arrays.values()))
