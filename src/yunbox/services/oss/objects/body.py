"""The body of a writing request: counted, checked against what is claimed of it, unwrapped in the S3 dialect."""

import hashlib
import hmac
import re
from collections import ChainMap
from collections.abc import AsyncIterator, Callable, Mapping

from yunbox.kernel.call import Claim
from yunbox.kernel.errors import InvalidArgument, KernelError
from yunbox.services.oss.http.claims import read_claim
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.service import OBJECT_BYTES_MAX, Oss
from yunbox.storage.objects.content import Content
from yunbox.wire.http import ClientGone
from yunbox.wire.oss.chunked import SIGNED, STREAMING, TRAILED, ChunkDecoder, SignChunk, chunk_text, decode
from yunbox.wire.oss.sums import Sums

_HEX = re.compile(r"[0-9a-f]{64}")


def body_chunks(service: Oss, request: OssRequest, size_max: int) -> AsyncIterator[bytes]:
    """The bytes of a body as they arrive. Raises InvalidArgument for a length or a hash that is not as claimed."""
    headers = request.headers
    length = headers.get("content-length")
    if length is None and "chunked" not in headers.get("transfer-encoding", ""):
        raise InvalidArgument("You must provide the Content-Length HTTP header.", code="MissingContentLength")
    payload = headers.get("x-oss-content-sha256", "")
    if payload in STREAMING:
        _check_size(headers.get("x-oss-decoded-content-length", "0"), size_max)
        return _unwrapped(service, request, payload)
    if payload.startswith("STREAMING-") or "aws-chunked" in headers.get("content-encoding", ""):
        raise InvalidArgument("aws-chunked encoding is not supported with the specified x-amz-content-sha256 value.")
    if length is not None:
        _check_size(length, size_max)
    whole = _whole(request.body.chunks(), int(length), _cut) if length is not None else request.body.chunks()
    hashed = _hashed(whole, payload) if _HEX.fullmatch(payload) else whole
    sums = Sums(headers)
    return _summed(hashed, sums, headers) if sums else hashed


def _check_size(length: str, size_max: int) -> None:
    if not (length.isascii() and length.isdigit()):
        raise InvalidArgument("The length of the body is no number.")
    if int(length[:20]) > size_max:
        raise InvalidArgument("Your proposed upload exceeds the maximum allowed object size.", code="EntityTooLarge")


def _unwrapped(service: Oss, request: OssRequest, payload: str) -> AsyncIterator[bytes]:
    """The data of a body in chunks, checked against the signatures and the checksums that come with it."""
    headers, trailed = request.headers, payload.endswith(TRAILED)
    sign, seed = None, ""
    if payload.startswith(SIGNED):
        sign, seed = _chunk_signer(service, read_claim(request), headers.get("x-amz-date", ""))
    decoder = ChunkDecoder(sign, seed, trailed=trailed)
    data = decode(request.body.chunks(), decoder)
    if length := headers.get("x-oss-decoded-content-length"):
        data = _whole(data, int(length), _other_length)
    announced = [name.strip().lower() for name in headers.get("x-amz-trailer", "").split(",")] if trailed else []
    sums = Sums([*headers, *announced])
    return _summed(data, sums, ChainMap(decoder.trailers, dict(headers))) if sums else data


async def received(service: Oss, chunks: AsyncIterator[bytes], inspect: Callable[[Content], None]) -> Content:
    """The bytes of one object or part; ``inspect`` raises to refuse them, and then nothing of them stays."""
    content = await service.store.objects.receive(chunks, size_max=OBJECT_BYTES_MAX)
    try:
        inspect(content)
    except KernelError:
        service.store.objects.discard(content)
        raise
    return content


def _chunk_signer(service: Oss, claim: Claim, date: str) -> tuple[SignChunk, str]:
    sign = service.identity.signer(claim)
    scope = f"{claim.scope['date']}/{claim.scope['region']}/{claim.scope['service']}/aws4_request"
    return lambda *parts: sign(chunk_text(date, scope, *parts)), claim.signature


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
