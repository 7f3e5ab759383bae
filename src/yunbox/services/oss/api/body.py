"""The body of a writing request: counted, checked against what is claimed of it, unwrapped in the S3 dialect."""

import hashlib
import hmac
import re
from collections.abc import AsyncIterator, Callable

from yunbox.kernel.call import Claim
from yunbox.kernel.errors import InvalidArgument, KernelError
from yunbox.services.oss.claims import read_claim
from yunbox.services.oss.service import OBJECT_BYTES_MAX, Oss
from yunbox.services.oss.target import OssRequest
from yunbox.storage.objects.content import Content
from yunbox.wire.http import ClientGone
from yunbox.wire.oss.chunked import STREAMING, ChunkDecoder, chunk_text, decode

_HEX = re.compile(r"[0-9a-f]{64}")


def body_chunks(service: Oss, request: OssRequest, size_max: int) -> AsyncIterator[bytes]:
    """The bytes of a body as they arrive. Raises InvalidArgument for a length or a hash that is not as claimed."""
    headers = request.headers
    length = headers.get("content-length")
    if length is None and "chunked" not in headers.get("transfer-encoding", ""):
        raise InvalidArgument("You must provide the Content-Length HTTP header.", code="MissingContentLength")
    if length is not None and int(length) > size_max + 64 * 1024:
        raise InvalidArgument("Your proposed upload exceeds the maximum allowed object size.", code="EntityTooLarge")
    payload = headers.get("x-oss-content-sha256", "")
    if payload.startswith(STREAMING):
        signed = payload.startswith("STREAMING-AWS4")
        sign, seed = (
            _chunk_signer(service, read_claim(request), headers.get("x-amz-date", "")) if signed else (None, "")
        )
        return decode(request.body.chunks(), ChunkDecoder(sign, seed))
    whole = _whole(request.body.chunks(), int(length)) if length is not None else request.body.chunks()
    return _hashed(whole, payload) if _HEX.fullmatch(payload) else whole


async def received(service: Oss, chunks: AsyncIterator[bytes], inspect: Callable[[Content], None]) -> Content:
    """The bytes of one object or part; ``inspect`` raises to refuse them, and then nothing of them stays."""
    content = await service.store.objects.receive(chunks, size_max=OBJECT_BYTES_MAX)
    try:
        inspect(content)
    except KernelError:
        service.store.objects.discard(content)
        raise
    return content


def _chunk_signer(service: Oss, claim: Claim, date: str) -> tuple[Callable[[str, str], str], str]:
    sign = service.identity.signer(claim)
    scope = f"{claim.scope['date']}/{claim.scope['region']}/{claim.scope['service']}/aws4_request"
    return lambda before, data_hash: sign(chunk_text(date, scope, before, data_hash)), claim.signature


async def _whole(chunks: AsyncIterator[bytes], length: int) -> AsyncIterator[bytes]:
    seen = 0
    async for chunk in chunks:
        seen += len(chunk)
        yield chunk
    if seen != length:
        raise ClientGone("The client closed the connection before its request was complete")


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
