"""Content codings of tunnel bodies, piece by piece and with a bound on what a small body may become.

Names follow PyODPS 0.13 ``tunnel/io/stream.py`` and the Java SDK's tunnel readers and writers:

    name               client's option          needs
    deflate            ODPS_ZLIB, the default    nothing: zlib format, in the standard library
    gzip               none; generic HTTP        nothing
    zstd               ODPS_ZSTD                 backports.zstd or zstandard (Python 3.14 has it)
    x-lz4-frame        ODPS_LZ4                  lz4
    x-odps-lz4-frame   ODPS_ARROW_LZ4            lz4; the same frame format around the Arrow framing
    x-snappy-framed    ODPS_SNAPPY, deprecated   python-snappy

The last four are refused by name: no dependency of Yunbox speaks them. A download need not be refused, since
``Accept-Encoding`` is a wish and both clients read whatever ``Content-Encoding`` the answer states:
``choose`` picks what we can speak. (Arrow's own buffer compression is another thing; see ``arrow``.)
"""

import zlib
from collections.abc import Iterator

from yunbox.kernel.errors import InvalidArgument, Unsupported

SUPPORTED = ("deflate", "gzip")
KNOWN = (*SUPPORTED, "zstd", "x-lz4-frame", "x-odps-lz4-frame", "x-snappy-framed")
PIECE_BYTES_MAX = 1 << 20
RATIO_MAX = 1100
"""Deflate cannot expand more than 1032 times; a stream beyond that is not honest."""
PLAIN_BYTES_MAX = 64 << 30
_ZLIB, _GZIP = zlib.MAX_WBITS, zlib.MAX_WBITS | 16


def choose(accept_encoding: str) -> str | None:
    """Return the coding to answer with, or None to send plain bytes.

    Takes the first supported name in the header, and never fails: plain bytes suit every client.
    """
    for part in accept_encoding.split(","):
        name, _, parameters = part.strip().lower().partition(";")
        if name.strip() in SUPPORTED and parameters.replace(" ", "") not in ("q=0", "q=0.0"):
            return name.strip()
    return None


def parse_encoding(content_encoding: str | None) -> str | None:
    """Return the canonical name of a body's coding, or None for plain bytes.

    Raises Unsupported for a coding that clients do have and we do not, InvalidArgument for any other.
    """
    name = (content_encoding or "").strip().lower()
    if name in ("", "identity", "raw"):
        return None
    if name in SUPPORTED:
        return name
    advice = f"unsupported encoding {name!r}: use {SUPPORTED[0]!r} or none"
    raise (Unsupported if name in KNOWN else InvalidArgument)(advice, code="InvalidArgument")


class Decompressor:
    """Decompresses a body in pieces of at most ``PIECE_BYTES_MAX``.

    Raises InvalidArgument for damage, for data after the end, for more plain bytes than ``plain_bytes_max``,
    and in ``finish`` for a body that is cut short. A coding of None passes everything through.
    """

    def __init__(self, encoding: str | None, plain_bytes_max: int = PLAIN_BYTES_MAX) -> None:
        self.plain_bytes = 0
        self.wire_bytes = 0
        self._plain_bytes_max = plain_bytes_max
        self._machine = None if encoding is None else zlib.decompressobj(_window(encoding))

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the plain bytes of this piece of body."""
        self.wire_bytes += len(data)
        if self._machine is None:
            self._count(data)
            if data:
                yield data
            return
        while data:
            if self._machine.eof:
                raise _damaged("goes on after its end")
            plain = self._inflate(data)
            data = self._machine.unconsumed_tail or self._machine.unused_data
            if plain:
                self._count(plain)
                yield plain

    def _inflate(self, data: bytes) -> bytes:
        assert self._machine is not None
        try:
            return self._machine.decompress(data, PIECE_BYTES_MAX)
        except zlib.error:
            raise _damaged("is damaged") from None

    def _count(self, plain: bytes) -> None:
        self.plain_bytes += len(plain)
        honest = self.plain_bytes <= RATIO_MAX * self.wire_bytes + PIECE_BYTES_MAX
        if self.plain_bytes > self._plain_bytes_max or not honest:
            raise InvalidArgument(
                f"the body is larger than {self._plain_bytes_max} bytes once decompressed",
                code="MaxMessageLengthExceeded",
            )

    def finish(self) -> Iterator[bytes]:
        """Yield what is left and check that the body is complete; an empty body is."""
        machine = self._machine
        while machine is not None and self.wire_bytes and not machine.eof:
            plain = self._inflate(b"")
            if not plain:
                raise _damaged("is cut short")
            self._count(plain)
            yield plain


class Compressor:
    """Compresses a body in pieces; level 1, as the clients do, for speed on a local network."""

    def __init__(self, encoding: str | None, level: int = 1) -> None:
        self._machine = None if encoding is None else zlib.compressobj(level, wbits=_window(encoding))

    def feed(self, data: bytes) -> bytes:
        """Return the compressed bytes that are ready; possibly none."""
        return data if self._machine is None else self._machine.compress(data)

    def finish(self) -> bytes:
        """Return the end of the compressed body."""
        return b"" if self._machine is None else self._machine.flush()


def _window(encoding: str) -> int:
    return _ZLIB if encoding == "deflate" else _GZIP


def _damaged(how: str) -> InvalidArgument:
    return InvalidArgument(f"the compressed body {how}", code="MalformedDataStream")
