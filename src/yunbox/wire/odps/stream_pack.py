"""Bodies of the streaming tunnel: one pack of records, complete and small enough to hold.

A pack is the record stream of ``records`` with its footer, in one PUT to ``/streams``; PyODPS's
``StreamRecordWriter`` and Java's ``ProtobufRecordPack`` write nothing else. A pack becomes visible as a whole
or not at all, hence a decoder that returns only once everything has been verified.

Upserts (``/upserts``) carry the same stream with five columns after the table's own, in this order:
``__version`` BIGINT and ``__app_version`` BIGINT, left NULL; ``__operation`` TINYINT, 85 ("U") for upsert and 68
("D") for delete; ``__key_cols`` ARRAY<BIGINT>, left NULL; ``__value_cols`` ARRAY<BIGINT>, the columns to change,
empty for all of them. So ``decode_pack(columns + UPSERT_COLUMNS, ...)`` reads an upsert body too; what the
service must add is the bucket of a row, for which client and server have to agree on a hash of the key.
"""

from collections.abc import Iterable
from typing import Any

from yunbox.kernel.errors import InvalidArgument
from yunbox.schema.types import DataType
from yunbox.wire.odps.compression import Decompressor
from yunbox.wire.odps.records import Columns, RecordDecoder

PACK_BYTES_MAX = 128 << 20
PACK_VALUES_MAX = 50_000_000
"""Rows times columns; NULLs cost no bytes on the wire and do cost memory here."""
UPSERT, DELETE = ord("U"), ord("D")
_BIGINT = DataType("bigint")
UPSERT_COLUMNS: tuple[tuple[str, DataType], ...] = (
    ("__version", _BIGINT),
    ("__app_version", _BIGINT),
    ("__operation", DataType("tinyint")),
    ("__key_cols", DataType("array", children=(_BIGINT,))),
    ("__value_cols", DataType("array", children=(_BIGINT,))),
)


class PackDecoder:
    """Takes a pack's body in pieces and gives all of its rows at the end, or raises InvalidArgument."""

    def __init__(self, columns: Columns, encoding: str | None = None, pack_bytes_max: int = PACK_BYTES_MAX) -> None:
        self._plain = Decompressor(encoding, pack_bytes_max)
        self._records = RecordDecoder(columns, pack_bytes_max)
        self._rows_max = PACK_VALUES_MAX // max(1, len(columns))
        self._rows: list[tuple[Any, ...]] = []

    @property
    def plain_bytes(self) -> int:
        """How many bytes the pack has had so far, once decompressed."""
        return self._plain.plain_bytes

    def feed(self, data: bytes) -> None:
        """Take a piece of the body."""
        self._take(self._plain.feed(data))

    def finish(self) -> list[tuple[Any, ...]]:
        """Return every row of the pack."""
        self._take(self._plain.finish())
        self._keep(self._records.finish())
        return self._rows

    def _take(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self._keep(self._records.feed(piece))

    def _keep(self, rows: Iterable[tuple[Any, ...]]) -> None:
        for row in rows:
            if len(self._rows) >= self._rows_max:
                raise InvalidArgument(f"the pack has more than {self._rows_max} rows")
            self._rows.append(row)


def decode_pack(columns: Columns, body: bytes, encoding: str | None = None) -> list[tuple[Any, ...]]:
    """Return the rows of a pack that is at hand as a whole."""
    decoder = PackDecoder(columns, encoding)
    decoder.feed(body)
    return decoder.finish()


def check_upsert(row: tuple[Any, ...]) -> bool:
    """Return whether a row of an upsert body deletes; raises InvalidArgument for any other operation."""
    operation = row[-3]
    if operation not in (UPSERT, DELETE):
        raise InvalidArgument(f"{operation!r} is neither an upsert nor a delete")
    return operation == DELETE
