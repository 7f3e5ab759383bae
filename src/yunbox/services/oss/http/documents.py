"""The one reader of documents: what a body has beside objects' bytes, compared with what is claimed of it.

Every operation with a document reads it here. Its length, its MD5 and whichever SHA-256 was signed are compared before
anything of it counts, and every element in it is one that the operation knows (``http.shapes``). Sources: the vendor's
pages "Common request headers" (Content-MD5) and DeleteMultipleObjects, and AWS's "Signature calculations" on the
hash of a payload.
"""

import hashlib
from collections.abc import Callable

from yunbox.kernel.call import Claim
from yunbox.kernel.errors import InvalidArgument
from yunbox.services.oss.http.body import payload_of
from yunbox.services.oss.http.shapes import check_shape, malformed
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.objects.payload import check_md5
from yunbox.wire.http import read_whole
from yunbox.wire.xml import MalformedXml, Node, parse_body

DOCUMENT_BYTES_MAX = 16 << 20


async def read_text(request: OssRequest, size_max: int = DOCUMENT_BYTES_MAX) -> bytes:
    """A body that is no object's, as it is claimed to be. Raises InvalidArgument where it is another."""
    headers = request.headers
    if "content-length" not in headers and "transfer-encoding" not in headers:
        return await request.body.read(size_max)
    payload = payload_of(request)
    if payload.frames is not None:
        raise InvalidArgument("A document does not come in chunks of its own (aws-chunked).")
    data = await read_whole(payload.chunks(_no_signer), size_max)
    check_md5(payload.md5, hashlib.md5(data, usedforsecurity=False).digest())
    return data


async def read_document(request: OssRequest, *tags: str, size_max: int = DOCUMENT_BYTES_MAX) -> Node:
    """The document in a body, whose root is one of some elements. Raises InvalidArgument."""
    return parse_document(await read_text(request, size_max), *tags)


def parse_document(body: bytes, *tags: str) -> Node:
    """A document of a shape that is known. Raises InvalidArgument with OSS's code."""
    try:
        root = parse_body(body)
    except MalformedXml as error:
        raise malformed(error.message) from None
    return check_shape(root, *tags)


def _no_signer(claim: Claim) -> Callable[[str], str]:
    raise InvalidArgument("A document does not come in chunks that are signed.")
