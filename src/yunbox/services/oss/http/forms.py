"""A form that uploads a file, as a request like any other: its fields are headers, its file is the body.

Whoever sends it says in the form who they are, so the fields are read before the claim is; the file is not. The type of
the file is what ``x-oss-content-type`` says, else ``content-type``, else the file's own part ("PostObject"); what the
policy says of ``content-type`` is about the one that counts.
"""

from collections.abc import AsyncIterator, Mapping

from msgspec.structs import replace

from yunbox.kernel.call import ANONYMOUS, Claim
from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.unidentified import BAD_KEY, NotIdentified
from yunbox.services.oss.http.target import OssRequest, as_sent
from yunbox.wire.http import Body
from yunbox.wire.oss import signing
from yunbox.wire.oss.forms import FormReader, boundary_of

_FOREVER = float("inf")
_HEADERS = ("cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires")
_OWN = ("host", "origin", "referer")
"""What counts of the HTTP request itself: nobody has signed its headers, so they can say nothing of the object."""
_RENAMED = {"acl": "x-oss-object-acl", "callback": "x-oss-callback"}
_TYPES = ("x-oss-content-type", "content-type")
_PREFIXES = ("x-oss-", "x-amz-")
_NO_HEADERS = (
    "x-oss-content-type", "x-oss-signature", "x-oss-signature-version", "x-oss-credential", "x-oss-date",
    "x-oss-security-token", "x-oss-copy-source", "x-oss-content-sha256", "x-amz-signature", "x-amz-algorithm",
    "x-amz-credential", "x-amz-date",
    "x-amz-security-token", "x-amz-copy-source", "x-amz-content-sha256",
)  # fmt: skip


def is_form(request: OssRequest) -> bool:
    """Whether a request uploads a file with a form."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return request.method == "POST" and not request.key and not request.query and kind == "multipart/form-data"


class _File(Body):
    """The file of a form, read as the body of a request is."""

    def __init__(self, reader: FormReader) -> None:
        self._reader = reader

    async def chunks(self) -> AsyncIterator[bytes]:
        """The file as it arrives."""
        async for chunk in self._reader.file():
            yield chunk


async def open_form(request: OssRequest) -> OssRequest:
    """The request that a form stands for; ``values`` are its fields. Raises InvalidArgument."""
    reader = FormReader(request.body.chunks(), boundary_of(request.headers["content-type"]))
    fields, part = await reader.fields()
    key = fields.get("key", "").replace("${filename}", part.filename)
    if not key:
        raise InvalidArgument(
            "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields."
        )
    kind = next((fields[name] for name in _TYPES if fields.get(name)), part.content_type)
    fields |= {"key": key, "bucket": request.bucket} | ({"content-type": kind} if kind else {})
    headers = {name: value for name, value in request.headers.items() if name in _OWN}
    headers |= _as_headers(fields) | {"transfer-encoding": "chunked"}
    return replace(request, key=key, headers=headers, body=_File(reader), values=fields)


def _as_headers(fields: Mapping[str, str]) -> dict[str, str]:
    """The headers that fields stand for. Raises InvalidArgument for one by two names: a policy may know but one."""
    headers: dict[str, str] = {}
    for name, value in fields.items():
        if name in _HEADERS or name in _RENAMED or (name.startswith(_PREFIXES) and name not in _NO_HEADERS):
            spelled = _RENAMED.get(name, name)
            if spelled in headers:
                raise InvalidArgument(f"The form field {spelled} stands twice, once as {name}.")
            headers[spelled] = as_sent(value)
    return headers


def read_form_claim(request: OssRequest) -> Claim:
    """What an opened form says of who sent it: a signature of its policy, or nothing. Raises InvalidArgument."""
    fields = request.values
    if "x-amz-signature" in fields or "x-amz-credential" in fields:
        return _v4(request, "s3-v4", "x-amz")
    if "x-oss-signature-version" in fields or "x-oss-credential" in fields:
        return _v4(request, "oss-v4", "x-oss")
    aws = "awsaccesskeyid" in fields
    names = ("awsaccesskeyid" if aws else "ossaccesskeyid", "policy", "signature")
    if not any(name in fields for name in names):
        return Claim(ANONYMOUS, source_ip=request.peer)
    _need(fields, dict(zip(names, ("AWSAccessKeyId" if aws else "OSSAccessKeyId", "policy", "Signature"), strict=True)))
    return Claim(
        "s3-v2" if aws else "oss-v1",
        fields[names[0]],
        fields["signature"],
        (fields["policy"],),
        expires_at=_FOREVER,  # the policy itself says until when, and is asked
        security_token=_token(fields, "x-amz-security-token" if aws else "x-oss-security-token"),
        source_ip=request.peer,
    )


def _token(fields: Mapping[str, str], name: str) -> str:
    return fields.get(name) or fields.get("security-token", "")


def _v4(request: OssRequest, scheme: str, prefix: str) -> Claim:
    fields = request.values
    _need(fields, {name: name for name in ("policy", f"{prefix}-credential", f"{prefix}-date", f"{prefix}-signature")})
    scope = signing.parse_scope(fields[f"{prefix}-credential"])
    if scope is None:
        raise NotIdentified(BAD_KEY, "The credential of the signature is malformed.")
    version = fields.get("x-oss-signature-version" if scheme == "oss-v4" else "x-amz-algorithm", "")
    if version != (signing.V4_ALGORITHM if scheme == "oss-v4" else signing.S3_ALGORITHM):
        raise InvalidArgument("The signature version of the form is of no kind that is known here.")
    return Claim(
        scheme,
        scope.access_key_id,
        fields[f"{prefix}-signature"],
        (fields["policy"],),
        expires_at=_FOREVER if fields[f"{prefix}-date"].startswith(scope.date) else 0,
        security_token=fields.get(f"{prefix}-security-token", ""),
        scope=scope.fields,
        source_ip=request.peer,
    )


def _need(fields: Mapping[str, str], names: Mapping[str, str]) -> None:
    for name, spelled in names.items():
        if not fields.get(name):
            raise InvalidArgument(
                f"Bucket POST must contain a field named '{spelled}'.  If it is specified, please check the order of "
                "the fields."
            )
