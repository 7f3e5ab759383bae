"""Content codings of tunnel bodies, piece by piece and with a bound on what a small body may become.

Names follow PyODPS 0.13 ``tunnel/io/stream.py`` and the Java SDK's tunnel readers and writers:

    name               client's option              what it is
    deflate            ODPS_ZLIB, the default       zlib format
    gzip               none; generic HTTP
    zstd               ODPS_ZSTD (Java since 0.57)  one zstd frame
    x-lz4-frame        ODPS_LZ4, ODPS_LZ4_FRAME     one LZ4 frame
    x-odps-lz4-frame   ODPS_ARROW_LZ4(_FRAME)       the same frame, around the Arrow framing
    x-snappy-framed    ODPS_SNAPPY                  the snappy framing format, see ``snappy``

A coding covers the whole body, the Arrow framing included. Arrow's own compression, of the buffers inside a
record batch, is another thing: of the tunnel's clients only PyODPS's preview asks for it, see ``arrow``.
"""

from collections.abc import Iterable, Iterator

from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.odps.codecs import PIECE_BYTES_MAX, Reader, Writer, open_reader, open_writer

SUPPORTED = ("deflate", "gzip", "zstd", "x-lz4-frame", "x-odps-lz4-frame", "x-snappy-framed")
RATIO_MAX = 1100
"""Deflate cannot expand more than 1032 times, LZ4 and snappy far less; a stream beyond that is not honest."""
_ALLOWANCE_BYTES = {"zstd": 4 << 30}
"""What a body may become whatever its size: for zstd, rows that are all the same expand ten thousand times."""
PLAIN_BYTES_MAX = 64 << 30


def parse_encoding(content_encoding: str | None) -> str | None:
    """Return the canonical name of a body's coding, or None for plain bytes; raises InvalidArgument for others."""
    name = (content_encoding or "").strip().lower()
    if name in ("", "identity", "raw"):
        return None
    if name in SUPPORTED:
        return name
    advice = f"unsupported encoding {name!r}: use one of {', '.join(SUPPORTED)}, or none"
    raise InvalidArgument(advice, code="InvalidArgument")


class Decompressor:
    """Decompresses a body in pieces of at most ``PIECE_BYTES_MAX``.

    Raises InvalidArgument for damage, for data after the end, for more plain bytes than ``plain_bytes_max``,
    and in ``finish`` for a body that is cut short. A coding of None passes everything through.
    """

    def __init__(self, encoding: str | None, plain_bytes_max: int = PLAIN_BYTES_MAX) -> None:
        self.plain_bytes = 0
        self.wire_bytes = 0
        self._encoding = encoding
        self._plain_bytes_max = plain_bytes_max
        self._allowance = _ALLOWANCE_BYTES.get(encoding or "", PIECE_BYTES_MAX)
        self._reader: Reader | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the plain bytes of this piece of body."""
        self.wire_bytes += len(data)
        if not data:
            return
        if self._encoding is None:
            yield from self._counted((data,))
            return
        if self._reader is None:
            self._reader = open_reader(self._encoding)
        yield from self._counted(self._reader.feed(data))

    def finish(self) -> Iterator[bytes]:
        """Yield what is left and check that the body is complete; an empty body is."""
        if self._reader is not None:
            yield from self._counted(self._reader.finish())

    def _counted(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for plain in pieces:
            self.plain_bytes += len(plain)
            honest = self.plain_bytes <= RATIO_MAX * self.wire_bytes + self._allowance
            if self.plain_bytes > self._plain_bytes_max or not honest:
                raise self._too_large(honest)
            if plain:
                yield plain

    def _too_large(self, honest: bool) -> InvalidArgument:
        much = f"larger than {self._plain_bytes_max} bytes" if honest else f"more than {RATIO_MAX} times as large"
        return InvalidArgument(f"the body is {much} once decompressed", code="MaxMessageLengthExceeded")


class Compressor:
    """Compresses a body in pieces; level 1, as the clients do, for speed on a local network."""

    def __init__(self, encoding: str | None, level: int = 1) -> None:
        self._writer: Writer | None = None if encoding is None else open_writer(encoding, level)

    def feed(self, data: bytes) -> bytes:
        """Return the compressed bytes that are ready; possibly none."""
        return data if self._writer is None else self._writer.compress(data)

    def finish(self) -> bytes:
        """Return the end of the compressed body."""
        return b"" if self._writer is None else self._writer.flush()
