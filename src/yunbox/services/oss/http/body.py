"""The body of a request as a payload: what its headers say of its length, its sums and its form."""

import re

from yunbox.kernel.errors import InvalidArgument
from yunbox.services.oss.http.claims import read_claim
from yunbox.services.oss.http.pace import rate_of
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.objects.payload import Frames, Payload
from yunbox.services.oss.service import OBJECT_BYTES_MAX
from yunbox.wire.oss.chunked import SIGNED, STREAMING, TRAILED
from yunbox.wire.oss.sums import PREFIX

_HEX = re.compile(r"[0-9a-f]{64}")


def payload_of(request: OssRequest, size_max: int = OBJECT_BYTES_MAX) -> Payload:
    """The body of a request that writes bytes. Raises InvalidArgument for headers that make no sense."""
    headers = request.headers
    length = headers.get("content-length")
    if length is None and "chunked" not in headers.get("transfer-encoding", ""):
        raise InvalidArgument("You must provide the Content-Length HTTP header.", code="MissingContentLength")
    payload, rate = headers.get("x-oss-content-sha256", ""), rate_of(request)
    sums = {name: value for name, value in headers.items() if name.startswith(PREFIX)}
    if payload in STREAMING:
        length = headers.get("x-oss-decoded-content-length")
        size = _size(length or "0", size_max)
        claimed = headers.get("content-md5", "")
        data, known = request.body.chunks(), size if length else None
        return Payload(data, known, claimed, "", sums, _frames(request, payload), rate)
    if payload.startswith("STREAMING-") or "aws-chunked" in headers.get("content-encoding", ""):
        raise InvalidArgument("aws-chunked encoding is not supported with the specified x-amz-content-sha256 value.")
    size = _size(length, size_max) if length is not None else None
    sha256 = payload if _HEX.fullmatch(payload) else ""
    return Payload(request.body.chunks(), size, headers.get("content-md5", ""), sha256, sums, rate=rate)


def _size(length: str, size_max: int) -> int:
    if not (length.isascii() and length.isdigit()):
        raise InvalidArgument("The length of the body is no number.")
    if int(length[:20]) > size_max:
        raise InvalidArgument("Your proposed upload exceeds the maximum allowed object size.", code="EntityTooLarge")
    return int(length)


def _frames(request: OssRequest, payload: str) -> Frames:
    trailers = None
    if payload.endswith(TRAILED):
        announced = request.headers.get("x-amz-trailer", "").split(",")
        trailers = tuple(name.strip().lower() for name in announced)
    if not payload.startswith(SIGNED):
        return Frames(trailers)
    return Frames(trailers, read_claim(request), request.headers.get("x-amz-date", ""))
