"""The checksummed framing that carries Arrow messages through the tunnel, in both directions.

    chunk size, 4 bytes big-endian
    { chunk of exactly that size | CRC32C of the chunk, 4 bytes big-endian } *
    { rest, shorter than a chunk and possibly empty | CRC32C of ALL payload bytes so far }

The rest has no checksum of its own. A stream that carries nothing is the two words "chunk size" and 0 - or
only the word 0, which is what PyODPS sends when a writer is closed before its first batch. Sources:
PyODPS 0.13 ``ArrowStreamReader`` and ``BaseArrowWriter``, Java ``ArrowHttpInputStream`` and
``ArrowHttpOutputStream``; all four use 64 KiB chunks unless told otherwise.
"""

import struct
from collections.abc import Iterable, Iterator

from crc32c import crc32c

from yunbox.kernel.errors import InvalidArgument

CHUNK_BYTES = 65_536
CHUNK_BYTES_MAX = 64 << 20
WRITE_BYTES_MIN = 256 << 10
_WORD = struct.Struct(">I")

BytesLike = bytes | bytearray | memoryview


class ChunkDecoder:
    """Takes a framed body in pieces of any size and gives back its verified payload.

    Buffers at most one chunk. Call ``feed`` for every piece and ``finish`` at the end of the body; both
    yield payload, and raise InvalidArgument when a checksum does not match. Consume every iterator.
    """

    def __init__(self, chunk_bytes_max: int = CHUNK_BYTES_MAX) -> None:
        self.payload_bytes = 0
        self._chunk_bytes_max = chunk_bytes_max
        self._chunk_bytes = 0
        self._header = b""
        self._parts: list[bytes | memoryview] = []
        self._held = 0
        self._crc = 0

    def feed(self, data: bytes) -> Iterator[memoryview]:
        """Yield the chunks that ``data`` completes."""
        view = memoryview(data)
        if not self._chunk_bytes:
            view = self._read_size(view)
        frame = self._chunk_bytes + 4
        while view and self._held + len(view) >= frame:
            if self._held:
                missing = frame - self._held
                whole = memoryview(b"".join((*self._parts, view[:missing])))
                self._parts, self._held, view = [], 0, view[missing:]
            else:
                whole, view = view[:frame], view[frame:]
            yield self._verify(whole)
        if view:
            self._parts.append(view)
            self._held += len(view)
            self._compact()

    def _read_size(self, view: memoryview) -> memoryview:
        missing = 4 - len(self._header)
        self._header += view[:missing]
        if len(self._header) < 4:
            return view[:0]
        size = _WORD.unpack(self._header)[0]
        rest = view[missing:]
        if size > self._chunk_bytes_max or (size == 0 and rest):
            raise InvalidArgument(f"Arrow chunk size {size} is out of bounds", code="MalformedDataStream")
        self._chunk_bytes = size
        return rest

    def _verify(self, whole: memoryview) -> memoryview:
        payload = whole[:-4]
        if crc32c(payload) != _WORD.unpack(whole[-4:])[0]:
            raise InvalidArgument("the checksum of an Arrow chunk does not match", code="CorruptedDataStream")
        self._crc = crc32c(payload, self._crc)
        self.payload_bytes += len(payload)
        return payload

    def _compact(self) -> None:
        # Many tiny pieces would cost more as objects than as bytes.
        if len(self._parts) > 64:
            self._parts = [b"".join(self._parts)]

    def finish(self) -> Iterator[memoryview]:
        """Yield the rest of the payload once the checksum over everything is right."""
        if not self._chunk_bytes and len(self._header) in (0, 4):
            return
        whole = memoryview(b"".join(self._parts))
        self._parts, self._held = [], 0
        if len(whole) < 4:
            raise InvalidArgument("the Arrow stream ends in the middle", code="MalformedDataStream")
        payload = whole[:-4]
        self._crc = crc32c(payload, self._crc)
        if self._crc != _WORD.unpack(whole[-4:])[0]:
            message = "the checksum of the Arrow stream does not match: it was cut short or altered"
            raise InvalidArgument(message, code="CorruptedDataStream")
        self.payload_bytes += len(payload)
        if payload:
            yield payload


def encode_chunks(
    parts: Iterable[BytesLike], chunk_bytes: int = CHUNK_BYTES, write_bytes_min: int = WRITE_BYTES_MIN
) -> Iterator[bytes]:
    """Frame a payload that arrives in parts; yield pieces of about ``write_bytes_min`` bytes.

    Holds no more than that plus one part. The payload may be empty.
    """
    pending: list[BytesLike] = [_WORD.pack(chunk_bytes)]
    size, room = 4, chunk_bytes
    crc = total_crc = 0
    for part in parts:
        view = memoryview(part).cast("B")
        total_crc = crc32c(view, total_crc)
        while view:
            piece, view = view[:room], view[room:]
            crc = crc32c(piece, crc)
            pending.append(piece)
            size += len(piece)
            room -= len(piece)
            if not room:
                pending.append(_WORD.pack(crc))
                size, room, crc = size + 4, chunk_bytes, 0
            if size >= write_bytes_min:
                yield b"".join(pending)
                pending, size = [], 0
        # A part may be reused by its producer after this point, so nothing of it is kept by reference.
        pending = [b"".join(pending)] if pending else []
    pending.append(_WORD.pack(total_crc))
    yield b"".join(pending)
