"""The bytes of one object or part on their way in: counted, and checked against what is claimed of them.

A payload is a value: where the bytes come from, and what their sender says of them. In the S3 dialect they may come in
chunks that are signed one by one, and with checksums behind them.
"""

import base64
import hashlib
import hmac
from collections import ChainMap
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from yunbox.kernel.call import Call, Claim
from yunbox.kernel.errors import InvalidArgument, KernelError
from yunbox.services.oss.http.pace import paced
from yunbox.services.oss.service import OBJECT_BYTES_MAX, Oss
from yunbox.storage.objects.content import Content
from yunbox.wire.http import ClientGone
from yunbox.wire.oss.chunked import ChunkDecoder, SignChunk, chunk_text, decode
from yunbox.wire.oss.sums import Sums

Signer = Callable[[Claim], Callable[[str], str]]
"""From a claim to what signs further texts with its key."""


@dataclass(frozen=True, slots=True)
class Frames:
    """That the bytes come in chunks: with trailers or not, signed by the key of a claim or not."""

    trailers: tuple[str, ...] | None = None
    claim: Claim | None = None
    date: str = ""


@dataclass(frozen=True, slots=True)
class Payload:
    """Bytes from a client. ``length`` is known unless they come in HTTP's own chunks or in ``frames`` without one.

    ``rate`` is how many bytes a second may pass, 0 for all. ``md5`` is as ``Content-MD5`` has it, ``sha256`` in
    hexadecimal, ``sums`` are the headers of S3's checksums.
    """

    source: AsyncIterator[bytes]
    length: int | None = None
    md5: str = ""
    sha256: str = ""
    sums: Mapping[str, str] = field(default_factory=dict)
    frames: Frames | None = None
    rate: int = 0

    def chunks(self, signer: Signer) -> AsyncIterator[bytes]:
        """The bytes as they arrive. They raise InvalidArgument for a length or a sum that is not as claimed."""
        if self.frames is not None:
            return self._unframed(self.frames, signer)
        whole = _whole(self.source, self.length, _cut) if self.length is not None else self.source
        hashed = _hashed(whole, self.sha256) if self.sha256 else whole
        return _summed(hashed, Sums(self.sums), self.sums) if self.sums else hashed

    def _unframed(self, frames: Frames, signer: Signer) -> AsyncIterator[bytes]:
        """The data in the chunks, checked against the signatures and the checksums that come with it."""
        sign = _chunk_signer(signer, frames.claim, frames.date) if frames.claim is not None else None
        seed = frames.claim.signature if frames.claim is not None else ""
        decoder = ChunkDecoder(sign, seed, trailed=frames.trailers is not None)
        data = decode(self.source, decoder)
        if self.length is not None:
            data = _whole(data, self.length, _other_length)
        sums = Sums([*self.sums, *(frames.trailers or ())])
        return _summed(data, sums, ChainMap(decoder.trailers, dict(self.sums))) if sums else data

    def check(self, content: Content) -> None:
        """Compare the MD5 of what was received. Raises InvalidArgument with OSS's code."""
        check_md5(self.md5, content.md5)


def check_md5(claimed: str, digest: bytes) -> None:
    """Compare an MD5 with a Content-MD5, where one came. Raises InvalidArgument with OSS's code."""
    if not claimed:
        return
    try:
        wanted = base64.b64decode(claimed, validate=True)
    except ValueError:
        wanted = b""
    if len(wanted) != len(digest):
        raise InvalidArgument("The Content-MD5 you specified is not valid.", code="InvalidDigest")
    if not hmac.compare_digest(wanted, digest):
        raise InvalidArgument("The Content-MD5 you specified did not match what we received.", code="BadDigest")


def arriving(service: Oss, call: Call[Any], payload: Payload) -> AsyncIterator[bytes]:
    """The bytes of a payload as they arrive, metered as they pass."""
    chunks = payload.chunks(service.identity.signer)
    return call.counted(paced(chunks, payload.rate) if payload.rate else chunks)


async def received(
    service: Oss, chunks: AsyncIterator[bytes], inspect: Callable[[Content], None], size_max: int = OBJECT_BYTES_MAX
) -> Content:
    """The bytes of one object or part; ``inspect`` raises to refuse them, and then nothing of them stays."""
    content = await service.store.objects.receive(chunks, size_max=size_max)
    try:
        inspect(content)
    except KernelError:
        service.store.objects.discard(content)
        raise
    return content


def _chunk_signer(signer: Signer, claim: Claim, date: str) -> SignChunk:
    sign = signer(claim)
    scope = f"{claim.scope['date']}/{claim.scope['region']}/{claim.scope['service']}/aws4_request"
    return lambda *parts: sign(chunk_text(date, scope, *parts))


async def _whole(chunks: AsyncIterator[bytes], length: int, otherwise: Callable[[], Exception]) -> AsyncIterator[bytes]:
    seen = 0
    async for chunk in chunks:
        seen += len(chunk)
        yield chunk
    if seen != length:
        raise otherwise()


def _cut() -> Exception:
    return ClientGone("The client closed the connection before its request was complete")


def _other_length() -> Exception:
    return InvalidArgument("The data is not as long as x-amz-decoded-content-length says.", code="IncompleteBody")


async def _hashed(chunks: AsyncIterator[bytes], claimed: str) -> AsyncIterator[bytes]:
    digest = hashlib.sha256()
    async for chunk in chunks:
        digest.update(chunk)
        yield chunk
    if not hmac.compare_digest(digest.hexdigest(), claimed):
        raise InvalidArgument(
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            code="XAmzContentSHA256Mismatch",
        )


async def _summed(chunks: AsyncIterator[bytes], sums: Sums, claimed: Mapping[str, str]) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        sums.update(chunk)
        yield chunk
    sums.check(claimed)
