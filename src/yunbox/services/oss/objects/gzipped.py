"""Bytes that go out compressed, for readers who take that: texts of a kilobyte and more, whole.

Source: the vendor's page GetObject, on ``Accept-Encoding: gzip``: which types are compressed, and that such an answer
has neither a length nor an ETag.
"""

import zlib
from collections.abc import AsyncGenerator

_SIZE_MIN = 1024
_TYPES = frozenset((
    "application/javascript", "application/json", "application/rss+xml", "application/x-javascript",
    "application/xml", "text/cache-manifest", "text/css", "text/html", "text/javascript", "text/json", "text/plain",
    "text/xml",
))  # fmt: skip
_OF_BYTES = ("Content-Length", "Content-MD5", "ETag", "Accept-Ranges")


def is_compressed(accepted: str, size: int, headers: dict[str, str]) -> bool:
    """Whether an answer with all of an object is compressed for a reader who accepts some encodings."""
    if "gzip" not in accepted or size < _SIZE_MIN or "Content-Encoding" in headers:
        return False
    return headers.get("Content-Type", "").partition(";")[0].strip().lower() in _TYPES


def compressed_headers(headers: dict[str, str]) -> dict[str, str]:
    """The headers of such an answer."""
    kept = {name: value for name, value in headers.items() if name not in _OF_BYTES}
    return kept | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}


async def compressed(chunks: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """Bytes in the form of gzip; their source is closed at the end."""
    packer = zlib.compressobj(wbits=31)
    try:
        async for chunk in chunks:
            if data := packer.compress(chunk):
                yield data
        yield packer.flush()
    finally:
        await chunks.aclose()
