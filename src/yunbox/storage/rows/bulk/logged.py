"""What the log of a table has that its copy has not: rows that were written many at once, and keys of single changes.

Chunks of rows come first, and in their order; then the keys, under which lies what the rows are now, whatever chunk had
them before. So a copy that has taken all of it is what the table is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from yunbox.storage.rows.bulk.cells import Flags, Numbers
from yunbox.storage.rows.bulk.packed import Pieces
from yunbox.storage.rows.chunks import Chunk
from yunbox.storage.rows.keys import has_number_key
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.view import View

CHANGES = 1_000_000
"""How many changes are taken from a log at a time: to remove a few rows takes a look at all, to remove many no more."""
BYTES = 64 << 20
"""Of how many bytes they are at most, where they are rows."""


@dataclass(frozen=True)
class Written:
    """Some neighbouring chunks of a log."""

    relation: Relation
    chunks: Sequence[Chunk]

    @cached_property
    def keys(self) -> Pieces:
        """The keys of all rows, of which some may be the same."""
        return _keys(self.chunks)

    def batches(self, rows: int) -> Iterator[tuple[Pieces, Pieces]]:
        """Keys and rows, about so many at a time: of rows with one key the last."""
        kept, at = _last(self.keys, is_number=has_number_key(self.relation)), 0
        for some in _shared(self.chunks, rows):
            keys, made = _keys(some), _pieces([one.rows for one in some], [one.row_lengths for one in some])
            flags = None if kept is None else kept[at : at + len(keys)]
            at += len(keys)
            yield (keys, made) if flags is None or flags.all() else (_picked(keys, flags), _picked(made, flags))


def written(view: View, relation: Relation, after: int) -> Iterator[Written]:
    """The rows that were written many at once behind a position, some at a time."""
    some: list[Chunk] = []
    count = size_bytes = 0
    for _, chunk in view.chunks_behind(relation, after):
        some.append(chunk)
        count, size_bytes = count + len(chunk), size_bytes + len(chunk.rows)
        if count >= CHANGES or size_bytes >= BYTES:
            yield Written(relation, some)
            some, count, size_bytes = [], 0, 0
    if some:
        yield Written(relation, some)


def changed(view: View, relation: Relation, after: int) -> Iterator[Pieces]:
    """The keys of single changes behind a position, in order and each once, some at a time."""
    after, keys = view.changes_behind(relation, after, CHANGES)
    while keys:
        yield _distinct(keys, is_number=has_number_key(relation))
        after, keys = view.changes_behind(relation, after, CHANGES)


def _distinct(keys: Sequence[bytes], *, is_number: bool) -> Pieces:
    if is_number:
        return Pieces.even(np.unique(np.frombuffer(b"".join(keys), ">u8").astype(np.uint64)).astype(">u8").tobytes(), 8)
    return Pieces.of(sorted(set(keys)))


def _shared(chunks: Sequence[Chunk], rows: int) -> Iterator[Sequence[Chunk]]:
    """Chunks in shares of at least so many rows, but for the last."""
    first = count = 0
    for at, chunk in enumerate(chunks, 1):
        count += len(chunk)
        if count >= rows or at == len(chunks):
            yield chunks[first:at]
            first, count = at, 0


def _keys(chunks: Sequence[Chunk]) -> Pieces:
    return _pieces([one.keys for one in chunks], [one.key_lengths for one in chunks])


def _pieces(data: Sequence[bytes], lengths: Sequence[bytes]) -> Pieces:
    return Pieces.cut(b"".join(data), np.frombuffer(b"".join(lengths), np.uint32).astype(np.int64))


def _last(keys: Pieces, *, is_number: bool) -> Flags | None:
    """Which keys come no more behind themselves; None where all are different."""
    if not is_number:
        listed = keys.parted()
        places = {key: at for at, key in enumerate(listed)}
        return None if len(places) == len(listed) else _flags(np.fromiter(places.values(), np.int64), len(listed))
    numbers = np.frombuffer(keys.data, ">u8").astype(np.uint64)
    if (numbers[1:] > numbers[:-1]).all():
        return None
    _, found = np.unique(numbers[::-1], return_index=True)
    return None if len(found) == len(numbers) else _flags(len(numbers) - 1 - found, len(numbers))


def _flags(places: Numbers, count: int) -> Flags:
    made = np.zeros(count, bool)
    made[places] = True
    return made


def _picked(pieces: Pieces, flags: Flags) -> Pieces:
    return Pieces.of([one for one, is_kept in zip(pieces.parted(), flags.tolist(), strict=True) if is_kept])
