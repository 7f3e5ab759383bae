"""Bodies of the S3 dialect that come in signed or unsigned chunks (``aws-chunked``).

Each chunk is ``size[;chunk-signature=...]\\r\\n data \\r\\n``; one of size 0 ends the data, and trailers follow.
Source: the S3 pages "Signature calculations for the Authorization header: transferring payload in multiple chunks"
and "... chunked uploads with trailing headers". The signature of a chunk chains from that of the request.
"""

import hashlib
import hmac
from collections.abc import AsyncIterator, Callable

from yunbox.kernel.errors import InvalidArgument, Unauthenticated

STREAMING = "STREAMING-"
_LINE_BYTES_MAX = 8192
_EMPTY = hashlib.sha256(b"").hexdigest()
SignChunk = Callable[[str, str], str]
"""From the signature before and the hash of a chunk's data to the chunk's signature."""


class ChunkDecoder:
    """Takes the bytes of a chunked body and gives those of its data; ``finish`` says whether it was whole."""

    def __init__(self, sign: SignChunk | None = None, seed: str = "") -> None:
        self._sign = sign
        self._before = seed
        self._buffer = bytearray()
        self._left = -1
        self._claimed = ""
        self._digest = hashlib.sha256()
        self._ended = False

    def feed(self, data: bytes) -> bytes:
        """Data that is complete so far. Raises InvalidArgument and Unauthenticated."""
        self._buffer += data
        found = bytearray()
        while not self._ended and self._step(found):
            pass
        return bytes(found)

    def finish(self) -> None:
        """Check that the body has ended. Raises InvalidArgument."""
        if not self._ended:
            raise InvalidArgument("The chunked body ends too early", code="IncompleteBody")

    def _step(self, found: bytearray) -> bool:
        if self._left < 0:
            return self._head()
        if self._left > 0:
            part = bytes(self._buffer[: self._left])
            del self._buffer[: len(part)]
            self._left -= len(part)
            if self._sign:
                self._digest.update(part)
            found += part
            return bool(part)
        if len(self._buffer) < 2:
            return False
        if self._buffer[:2] != b"\r\n":
            raise InvalidArgument("A chunk is not followed by a line end", code="InvalidRequest")
        del self._buffer[:2]
        self._check()
        self._left = -1
        return True

    def _head(self) -> bool:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > _LINE_BYTES_MAX:
                raise InvalidArgument("The head of a chunk is too long", code="InvalidRequest")
            return False
        line = self._buffer[:end].decode("latin-1")
        del self._buffer[: end + 2]
        size, _, extension = line.partition(";")
        try:
            self._left = int(size, 16)
        except ValueError:
            raise InvalidArgument("The size of a chunk is not hexadecimal", code="InvalidRequest") from None
        self._claimed = extension.strip().removeprefix("chunk-signature=")
        self._digest = hashlib.sha256()
        if self._left == 0:
            self._check()
            self._ended = True
        return not self._ended

    def _check(self) -> None:
        if self._sign is None:
            return
        expected = self._sign(self._before, self._digest.hexdigest())
        if not hmac.compare_digest(expected, self._claimed):
            raise Unauthenticated("The signature of a chunk does not match", reason="bad-signature")
        self._before = expected


def chunk_text(date: str, scope: str, before: str, data_hash: str) -> str:
    """The text that a chunk's signature covers."""
    return f"AWS4-HMAC-SHA256-PAYLOAD\n{date}\n{scope}\n{before}\n{_EMPTY}\n{data_hash}"


async def decode(chunks: AsyncIterator[bytes], decoder: ChunkDecoder) -> AsyncIterator[bytes]:
    """The data of a chunked body."""
    async for chunk in chunks:
        if data := decoder.feed(chunk):
            yield data
    decoder.finish()
