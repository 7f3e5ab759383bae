"""Bodies of the S3 dialect that come in signed or unsigned chunks (``aws-chunked``).

Each chunk is ``size[;chunk-signature=...]\\r\\n data \\r\\n``; one of size 0 ends the data, and trailers follow.
Source: the S3 pages "Signature calculations for the Authorization header: transferring payload in multiple chunks"
and "... chunked uploads with trailing headers". The signature of a chunk chains from that of the request, and that of
the trailers from the last chunk's.
"""

import hashlib
import hmac
from collections.abc import AsyncIterator, Callable

from yunbox.kernel.errors import InvalidArgument, Unauthenticated

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
TRAILED = "-TRAILER"
STREAMING = (SIGNED, SIGNED + TRAILED, "STREAMING-UNSIGNED-PAYLOAD" + TRAILED)
"""What ``x-amz-content-sha256`` may say of a body in chunks."""
_TRAILERS_BYTES_MAX = 8192
_LINE_BYTES_MAX = 8192
_TRAILER_SIGNATURE = "x-amz-trailer-signature"
_EMPTY = hashlib.sha256(b"").hexdigest()
SignChunk = Callable[[str, str, bool], str]
"""From the signature before and the hash of a chunk's data, or of the trailers (``True``), to the next signature."""


class ChunkDecoder:
    """Takes the bytes of a chunked body and gives those of its data; ``finish`` says whether it was whole.

    ``trailers`` are the headers behind the data, once it is finished.
    """

    def __init__(self, sign: SignChunk | None = None, seed: str = "", *, trailed: bool = False) -> None:
        self.trailers: dict[str, str] = {}
        self._trailed = trailed
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
        if self._ended and len(self._buffer) > _TRAILERS_BYTES_MAX:
            raise _malformed()
        return bytes(found)

    def finish(self) -> None:
        """Check that the body has ended, and read its trailers. Raises InvalidArgument and Unauthenticated."""
        if not self._ended:
            raise InvalidArgument("The chunked body ends too early", code="IncompleteBody")
        if not self._trailed:
            return
        for line in self._buffer.decode("latin-1").splitlines():
            name, colon, value = line.partition(":")
            if not colon and line.strip():
                raise _malformed()
            if colon:
                self.trailers[name.strip().lower()] = value.strip()
        self._check_trailers()

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
        expected = self._sign(self._before, self._digest.hexdigest(), False)
        if not hmac.compare_digest(expected.encode(), self._claimed.encode()):
            raise _mismatch("a chunk")
        self._before = expected

    def _check_trailers(self) -> None:
        claimed = self.trailers.pop(_TRAILER_SIGNATURE, "")
        if self._sign is None:
            return
        text = "".join(f"{name}:{value}\n" for name, value in self.trailers.items())
        expected = self._sign(self._before, hashlib.sha256(text.encode("latin-1")).hexdigest(), True)
        if not hmac.compare_digest(expected.encode(), claimed.encode()):
            raise _mismatch("the trailers")


def _mismatch(what: str) -> Unauthenticated:
    """Source: the vendor's page of the error 0002-00000430."""
    return Unauthenticated(
        f"The signature of {what} does not match", code="SignatureDoesNotMatch", reason="bad-signature",
        ec="0002-00000430",
    )  # fmt: skip


def _malformed() -> InvalidArgument:
    return InvalidArgument(
        "The request contained trailing data that was not well-formed or did not conform to our published schema.",
        code="MalformedTrailerError",
    )


def chunk_text(date: str, scope: str, before: str, data_hash: str, trailers: bool) -> str:
    """The text that the signature of a chunk, or of the trailers, covers."""
    if trailers:
        return f"AWS4-HMAC-SHA256-TRAILER\n{date}\n{scope}\n{before}\n{data_hash}"
    return f"AWS4-HMAC-SHA256-PAYLOAD\n{date}\n{scope}\n{before}\n{_EMPTY}\n{data_hash}"


async def decode(chunks: AsyncIterator[bytes], decoder: ChunkDecoder) -> AsyncIterator[bytes]:
    """The data of a chunked body."""
    async for chunk in chunks:
        if data := decoder.feed(chunk):
            yield data
    decoder.finish()
