"""Arrow in the tunnel: record batch messages without the schema message that an IPC stream begins with.

Both ends know the table's schema, so clients send and expect bare record batches. In front of an upload we
put the schema back and at the end the end-of-stream mark, and any Arrow library can read the result; from a
download we take both away. ``BatchFilter`` does the taking, message by message, without decoding a column;
as it reads each message's metadata it also counts rows, which is all that a block upload has to know, and
refuses batches that do not fit their columns (see ``arrow_messages``).

Types follow PyODPS 0.13 ``tunnel/io/types.py``. Where the two official clients disagree on the layout:

- TIMESTAMP and TIMESTAMP_NTZ are timestamp(ns), except that PyODPS's instance tunnel and preview want the
  columns of these types (not elements inside arrays, maps or structs) as struct<sec: int64, nano: int32>:
  ``timestamp_as_struct``.
- INTERVAL_DAY_TIME is struct<sec: int64, nano: int32> for PyODPS and a day-time interval for Java.
- DATETIME is timestamp(ms) for PyODPS and date64 for Java: the same bytes.
- DECIMAL(p, 0) is read by PyODPS as scale 18 (it takes 0 for "not given"); Java reads scale 0, and so do we.
- JSON and INTERVAL_YEAR_MONTH have no Arrow form in PyODPS; Java has utf8 and int32 months.

Compression: tunnel clients compress the whole framed body (see ``compression``), never the buffers inside a
message. PyODPS's preview and clients of the storage API, which read whole Arrow streams, ask for compressed
buffers instead (``Accept-Encoding: ZSTD`` or ``LZ4_FRAME``).
"""

import io
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from yunbox.schema.types import DataType
from yunbox.wire.odps.arrow_messages import RECORD_BATCH, SCHEMA, Layout, malformed, read_message
from yunbox.wire.odps.frames import BytesLike

if TYPE_CHECKING:
    from arro3 import core

END_OF_STREAM = b"\xff\xff\xff\xff\0\0\0\0"
METADATA_BYTES_MAX = 4 << 20
BODY_BYTES_MAX = 4 << 30
_HEAD = struct.Struct("<Ii")
_PLAIN = {
    "tinyint": "int8", "smallint": "int16", "int": "int32", "bigint": "int64", "float": "float32",
    "double": "float64", "boolean": "bool", "string": "utf8", "varchar": "utf8", "char": "utf8",
    "json": "utf8", "binary": "binary", "date": "date32", "interval_year_month": "int32", "void": "null",
}  # fmt: skip
_TIMES: dict[str, Literal["ms", "ns"]] = {"datetime": "ms", "timestamp": "ns", "timestamp_ntz": "ns"}


def arrow_type(kind: DataType, *, zoned: bool = False) -> "core.DataType":
    """Return the Arrow type of a MaxCompute type; ``zoned`` marks DATETIME and TIMESTAMP as UTC.

    The zone changes no byte of a record batch, only what an engine makes of it.
    """
    from arro3.core import DataType as Arrow
    from arro3.core import Field

    if kind.name in _TIMES:
        zone = "UTC" if zoned and kind.name != "timestamp_ntz" else None
        return Arrow.timestamp(_TIMES[kind.name], tz=zone)
    if kind.name == "decimal":
        return Arrow.decimal128(*kind.params)
    if kind.name == "interval_day_time":
        return Arrow.struct([Field("sec", Arrow.int64()), Field("nano", Arrow.int32())])
    inner = [arrow_type(child, zoned=zoned) for child in kind.children]
    if kind.name == "array":
        return Arrow.list(Field("item", inner[0], nullable=True))
    if kind.name == "map":
        key, value = Field("key", inner[0], nullable=False), Field("value", inner[1], nullable=True)
        return Arrow.map(key, value, False)
    if kind.name == "struct":
        fields = zip(kind.names, inner, strict=True)
        return Arrow.struct([Field(name, child, nullable=True) for name, child in fields])
    return getattr(Arrow, _PLAIN[kind.name])()


def schema_for(
    columns: Sequence[tuple[str, DataType]], *, zoned: bool = False, timestamp_as_struct: bool = False
) -> "core.Schema":
    """Return the Arrow schema that both ends assume for these columns."""
    from arro3.core import Field, Schema

    interval = DataType("interval_day_time")
    structs = ("timestamp", "timestamp_ntz") if timestamp_as_struct else ()
    kinds = [(name, interval if kind.name in structs else kind) for name, kind in columns]
    return Schema([Field(name, arrow_type(kind, zoned=zoned), nullable=True) for name, kind in kinds])


def stream_prefix(schema: "core.Schema") -> bytes:
    """Return the schema message: what an IPC stream has and a tunnel body lacks at its beginning."""
    from arro3.core import RecordBatchReader
    from arro3.io import write_ipc_stream

    sink = io.BytesIO()
    write_ipc_stream(RecordBatchReader.from_batches(schema, []), sink, compression=None)
    return sink.getvalue().removesuffix(END_OF_STREAM)


def ipc_stream(schema: "core.Schema", payload: Iterable[BytesLike], messages: "BatchFilter") -> Iterator[BytesLike]:
    """Turn an upload's payload into a complete IPC stream; ``messages`` counts its rows."""
    yield stream_prefix(schema)
    yield from bare_batches(payload, messages)
    yield END_OF_STREAM


def bare_batches(stream: Iterable[BytesLike], messages: "BatchFilter | None" = None) -> Iterator[BytesLike]:
    """Turn an IPC stream into what a tunnel download carries: its record batches only."""
    messages = messages or BatchFilter()
    for piece in stream:
        yield from messages.feed(piece)
    messages.finish()


class BatchFilter:
    """Passes the record batch messages of a stream given in pieces, and drops schema and end marks.

    Message bodies pass through unbuffered. Raises InvalidArgument for what is no Arrow stream, for dictionary
    batches, for oversized messages, and in ``finish`` when the stream ends inside a message.

    Give it the ``columns`` for whatever a client sent: then every batch must have the buffers those columns
    have, inside its body. arro3 0.9 does not check that and ends the whole process where it is not so.
    """

    def __init__(
        self, columns: Sequence[tuple[str, DataType]] | None = None, body_bytes_max: int = BODY_BYTES_MAX
    ) -> None:
        self.rows = 0
        self.batches = 0
        self._layout = None if columns is None else Layout.of(kind for _, kind in columns)
        self._body_bytes_max = body_bytes_max
        self._held = bytearray()
        self._want = _HEAD.size
        self._body = 0
        self._keep = False
        self._ended = False

    def feed(self, data: BytesLike) -> Iterator[BytesLike]:
        """Yield what of ``data`` belongs to record batches."""
        view = memoryview(data)
        while view:
            if self._ended:
                raise malformed("data after its end mark")
            if self._body:
                body, view = view[: self._body], view[self._body :]
                self._body -= len(body)
                if self._keep:
                    yield body
                continue
            missing = self._want - len(self._held)
            self._held += view[:missing]
            view = view[missing:]
            if len(self._held) == self._want:
                yield from self._advance()

    def _advance(self) -> Iterator[bytes]:
        mark, size = _HEAD.unpack_from(self._held)
        if self._want == _HEAD.size:
            if mark != 0xFFFFFFFF or not 0 <= size <= METADATA_BYTES_MAX:
                raise malformed("no message where one should begin")
            self._ended = size == 0
            self._want += size
            if size:
                return
        message, self._held, self._want = bytes(self._held), bytearray(), _HEAD.size
        if self._ended:
            return
        kind, self._body, rows = read_message(message[_HEAD.size :], self._layout)
        if kind not in (SCHEMA, RECORD_BATCH):
            raise malformed("a message that is no record batch (dictionaries are not supported)")
        if not 0 <= self._body <= self._body_bytes_max or rows < 0:
            raise malformed(f"a record batch of {self._body} bytes")
        self._keep = kind == RECORD_BATCH
        if self._keep:
            self.rows += rows
            self.batches += 1
            yield message

    def finish(self) -> None:
        """Check that the stream ended between messages."""
        if self._held or self._body:
            raise malformed("a message that is cut short")
