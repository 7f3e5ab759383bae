"""Compressed bodies: ``lz4`` (a block without its size), ``zlib`` and ``zstd``; ``deflate`` is zlib's format too.

The size of what was compressed stands in a header of its own. pydatahub's ``deflate`` compresses nothing and expects
nothing else, so an answer to who asks for it is plain, as any client understands.
"""

import sys
import zlib

import lz4.block

from yunbox.kernel.errors import InvalidArgument

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

RAW_SIZE_HEADER = "x-datahub-content-raw-size"
LZ4, ZLIB, DEFLATE, ZSTD = "lz4", "zlib", "deflate", "zstd"
_WORTH_BYTES = 256


def decompress(data: bytes, encoding: str, raw_size: int, size_max: int) -> bytes:
    """A body as it was. Raises InvalidArgument for what cannot be read, or is larger than it may be."""
    if raw_size > size_max:
        raise InvalidArgument(f"The request body is larger than {size_max} bytes", code="InvalidParameter")
    try:
        plain = _decompress(data, encoding, raw_size, size_max)
    except (zlib.error, zstd.ZstdError, lz4.block.LZ4BlockError, ValueError, OverflowError) as error:
        raise InvalidArgument(f"The body is not {encoding}: {error}", code="InvalidParameter") from None
    if raw_size >= 0 and len(plain) != raw_size:
        raise InvalidArgument(f"The body has {len(plain)} bytes and not {raw_size}, as {RAW_SIZE_HEADER} says")
    return plain


def _decompress(data: bytes, encoding: str, raw_size: int, size_max: int) -> bytes:
    if encoding == LZ4:
        if raw_size < 0:
            raise InvalidArgument(f"A body in lz4 needs the header {RAW_SIZE_HEADER}", code="InvalidParameter")
        return lz4.block.decompress(data, uncompressed_size=raw_size)
    if encoding in (ZLIB, DEFLATE):
        return _bounded(zlib.decompressobj(), data, size_max)
    if encoding == ZSTD:
        return _bounded(zstd.ZstdDecompressor(), data, size_max)
    raise InvalidArgument(f"The content encoding {encoding[:64]!r} is not known", code="InvalidParameter")


def _bounded(decompressor: "zlib._Decompress | zstd.ZstdDecompressor", data: bytes, size_max: int) -> bytes:
    """What a stream holds, but not more than may be."""
    plain = decompressor.decompress(data, size_max + 1)
    if len(plain) > size_max:
        raise InvalidArgument(f"The request body is larger than {size_max} bytes", code="InvalidParameter")
    if not decompressor.eof:
        raise ValueError("it ends too early")
    return plain


def compress(data: bytes, encoding: str) -> bytes | None:
    """An answer's body for who accepts an encoding; None where it is to be sent as it is."""
    if len(data) < _WORTH_BYTES:
        return None
    if encoding == LZ4:
        packed = lz4.block.compress(data, store_size=False)
    elif encoding == ZLIB:
        packed = zlib.compress(data, 1)
    elif encoding == ZSTD:
        packed = zstd.compress(data, 1)
    else:
        return None
    return packed if len(packed) < len(data) else None
