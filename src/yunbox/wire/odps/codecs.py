"""The codecs behind the content codings: each takes a body in pieces and gives it in pieces.

All but zlib are extension modules from elsewhere, imported when a body first needs one: the control process
starts without them, and most clients never ask. Python 3.14 has zstd itself; ``backports.zstd`` is the same code.
"""

import sys
import zlib
from collections.abc import Iterator
from typing import Any, Protocol

from yunbox.wire.odps.snappy import SnappyReader, damaged

PIECE_BYTES_MAX = 1 << 20
_STEP_BYTES = 256 << 10
"""How much of a body a machine is given at once: lz4 copies what it could not take yet at every call."""
_ZSTD_WINDOW_BITS = 23
"""RFC 9659: a zstd content coding needs no more than 8 MiB of window; the decoder's memory is bound by it."""
_LZ4_BLOCK_256_KIB = 5
_WINDOWS = {"deflate": zlib.MAX_WBITS, "gzip": zlib.MAX_WBITS | 16}


class Reader(Protocol):
    """Decompresses. Raises InvalidArgument for damage and for what follows the end."""

    def feed(self, data: bytes, /) -> Iterator[bytes]:
        """Yield plain bytes, at most ``PIECE_BYTES_MAX`` each and possibly none."""
        ...

    def finish(self) -> Iterator[bytes]:
        """Yield what is left; raises InvalidArgument where the end is missing."""
        ...


class Writer(Protocol):
    """Compresses."""

    def compress(self, data: bytes, /) -> bytes:
        """Return the compressed bytes that are ready."""
        ...

    def flush(self) -> bytes:
        """Return the end."""
        ...


def open_reader(encoding: str) -> Reader:
    """A reader of one body."""
    if encoding in _WINDOWS:
        return _ZlibReader(_WINDOWS[encoding])
    if encoding == "zstd":
        zstd = _zstd()
        bound = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_BITS}
        return _FrameReader(zstd.ZstdDecompressor(options=bound), zstd.ZstdError)
    if encoding == "x-snappy-framed":
        return SnappyReader()
    from lz4.frame import LZ4FrameDecompressor

    return _FrameReader(LZ4FrameDecompressor(), RuntimeError)


def open_writer(encoding: str, level: int) -> Writer:
    """A writer of one body."""
    if encoding in _WINDOWS:
        return zlib.compressobj(level, wbits=_WINDOWS[encoding])
    if encoding == "zstd":
        return _zstd().ZstdCompressor(level=level)
    return _SnappyWriter() if encoding == "x-snappy-framed" else _Lz4Writer()


def _zstd() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


class _ZlibReader:
    def __init__(self, window: int) -> None:
        self._machine = zlib.decompressobj(window)

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._machine.eof:
                raise damaged("goes on after its end")
            yield self._inflate(data)
            data = self._machine.unconsumed_tail or self._machine.unused_data

    def finish(self) -> Iterator[bytes]:
        while not self._machine.eof:
            plain = self._inflate(b"")
            if not plain:
                raise damaged("is cut short")
            yield plain

    def _inflate(self, data: bytes) -> bytes:
        try:
            return self._machine.decompress(data, PIECE_BYTES_MAX)
        except zlib.error:
            raise damaged("is damaged") from None


class _FrameReader:
    """zstd and lz4: one frame, read by a machine in the manner of the standard library's bz2."""

    def __init__(self, machine: Any, error: type[Exception]) -> None:
        self._machine = machine
        self._error = error

    def feed(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _STEP_BYTES):
            yield from self._take(data[start : start + _STEP_BYTES])

    def _take(self, data: bytes) -> Iterator[bytes]:
        while not self._machine.eof:
            plain = self._step(data)
            yield plain
            if len(plain) < PIECE_BYTES_MAX and (self._machine.needs_input or not data):
                data = b""
                break
            data = b""
        if data or self._machine.unused_data:
            raise damaged("goes on after its end")

    def finish(self) -> Iterator[bytes]:
        while not self._machine.eof:
            plain = self._step(b"")
            if not plain:
                raise damaged("is cut short")
            yield plain

    def _step(self, data: bytes) -> bytes:
        try:
            return self._machine.decompress(data, PIECE_BYTES_MAX)
        except self._error:
            raise damaged("is damaged") from None


class _SnappyWriter:
    def __init__(self) -> None:
        from cramjam import snappy

        self._machine = snappy.Compressor()

    def compress(self, data: bytes) -> bytes:
        self._machine.compress(data)
        return bytes(self._machine.flush())

    def flush(self) -> bytes:
        return bytes(self._machine.finish())


class _Lz4Writer:
    """Blocks do not depend on each other: Java's lz4 reads no others."""

    def __init__(self) -> None:
        from lz4.frame import LZ4FrameCompressor

        self._machine = LZ4FrameCompressor(block_size=_LZ4_BLOCK_256_KIB, block_linked=False)
        self._head = self._machine.begin()

    def compress(self, data: bytes) -> bytes:
        head, self._head = self._head, b""
        return head + self._machine.compress(data)

    def flush(self) -> bytes:
        head, self._head = self._head, b""
        return head + self._machine.flush()
