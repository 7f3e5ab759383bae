"""The table from kernel errors to OSS's codes and HTTP statuses, and the document that tells a client."""

from base64 import b64encode
from collections.abc import Mapping

from yunbox.kernel import errors
from yunbox.kernel.unidentified import (
    BAD_KEY,
    BAD_SIGNATURE,
    BAD_TOKEN,
    EXPIRED,
    INACTIVE,
    MISSING,
    REPLAYED,
    TOKEN_EXPIRED,
    TOKEN_MISSING,
    NotIdentified,
)
from yunbox.services.oss.codes import fine_code
from yunbox.storage.objects.buckets import BucketNotEmpty, BucketTaken, NoSuchBucket
from yunbox.storage.objects.objects import NoSuchKey, PositionNotEqualToLength
from yunbox.storage.objects.uploads import NoSuchUpload
from yunbox.storage.objects.versions import NoSuchVersion, version_id
from yunbox.wire.http import Response
from yunbox.wire.xml import MalformedXml, Markup, document, element

_TABLE: dict[type[errors.KernelError], tuple[int, str]] = {
    NoSuchBucket: (404, "NoSuchBucket"),
    NoSuchKey: (404, "NoSuchKey"),
    NoSuchVersion: (404, "NoSuchVersion"),
    NoSuchUpload: (404, "NoSuchUpload"),
    BucketTaken: (409, "BucketAlreadyExists"),
    BucketNotEmpty: (409, "BucketNotEmpty"),
    PositionNotEqualToLength: (409, "PositionNotEqualToLength"),
    MalformedXml: (400, "MalformedXML"),
    errors.InvalidArgument: (400, "InvalidArgument"),
    errors.Unauthenticated: (403, "AccessDenied"),
    errors.Forbidden: (403, "AccessDenied"),
    errors.Refused: (403, "AccessDenied"),
    errors.NotFound: (404, "NoSuchKey"),
    errors.AlreadyExists: (409, "FileAlreadyExists"),
    errors.Conflict: (409, "InvalidOperation"),
    errors.Throttled: (503, "SlowDown"),
    errors.Unsupported: (501, "NotImplemented"),
    errors.Cancelled: (400, "RequestTimeout"),
    errors.StorageFull: (507, "InsufficientStorage"),
    errors.Unavailable: (503, "ServiceUnavailable"),
    errors.Internal: (500, "InternalError"),
}
_IDENTITY = {
    MISSING: (403, "AccessDenied"),
    BAD_KEY: (403, "InvalidAccessKeyId"),
    BAD_SIGNATURE: (403, "SignatureDoesNotMatch"),
    INACTIVE: (403, "InvalidAccessKeyId"),
    EXPIRED: (403, "RequestTimeTooSkewed"),
    BAD_TOKEN: (403, "InvalidSecurityToken"),
    TOKEN_MISSING: (403, "InvalidAccessKeyId"),
    TOKEN_EXPIRED: (403, "SecurityTokenExpired"),
    REPLAYED: (403, "AccessDenied"),
}
_IDENTITY_TEXTS = {
    BAD_KEY: "The OSS Access Key Id you provided does not exist in our records.",
    BAD_SIGNATURE: "The request signature we calculated does not match the signature you provided. Check your key and "
    "signing method.",
    INACTIVE: "The OSS Access Key Id you provided is disabled.",
    EXPIRED: "The difference between the request time and the current time is too large.",
    BAD_TOKEN: "The security token you provided is invalid.",
    TOKEN_EXPIRED: "The security token you provided has expired.",
}
"""What the vendor says, whose clients look at it."""
_STATUS = {
    "PreconditionFailed": 412,
    "NotModified": 304,
    "InvalidRange": 416,
    "MissingContentLength": 411,
    "MethodNotAllowed": 405,
    "EntityTooLarge": 400,
    "NoSuchWebsiteConfiguration": 404,
    "NoSuchCORSConfiguration": 404,
    "NoSuchLifecycle": 404,
    "NoSuchBucketPolicy": 404,
    "NoSuchWORMConfiguration": 404,
    "WORMConfigurationLocked": 403,
    "NoSuchServerSideEncryptionRule": 404,
    "NoSuchTransferAccelerationConfiguration": 404,
    "NoSuchTagSet": 404,
    "SymlinkTargetNotExist": 404,
    "InvalidObjectState": 403,
    "BucketAlreadyExists": 409,
    "CallbackFailed": 203,
}


def reply(error: errors.KernelError) -> tuple[int, str, str]:
    """HTTP status, vendor code and message of an error that ends a request."""
    if isinstance(error, NotIdentified):
        status, code = _IDENTITY[error.reason]
        if error.reason == EXPIRED and error.message.startswith("Request has expired"):
            return status, "AccessDenied", error.message
        return status, code, _IDENTITY_TEXTS.get(error.reason, error.message)
    status, code = next((entry for kind in type(error).__mro__ if (entry := _TABLE.get(kind))), (500, "InternalError"))
    code = error.code or code
    return _STATUS.get(code, status), code, error.message


def response(error: Exception, request_id: str, host: str, extra: Mapping[str, str] | None = None) -> Response:
    """The reply to a request that failed. A HEAD request reads the same document from a header."""
    kernel = error if isinstance(error, errors.KernelError) else errors.Internal(f"{type(error).__name__}: {error}")
    status, code, message = reply(kernel)
    headers = {"x-oss-request-id": request_id, **(extra or {}), **_headers(kernel)}
    if status == 304:
        return Response(304, headers)
    details = [element(_spelled(name), value) for name, value in kernel.details.items() if _shown(name, value)]
    fine = str(kernel.details.get("ec") or fine_code(code, status, _scheme(kernel)))
    body = document(
        element(
            "Error",
            element("Code", code),
            element("Message", message),
            element("RequestId", request_id),
            element("HostId", host),
            *details,
            *_provided(kernel),
            element("EC", fine),
        )
    )
    headers |= {"Content-Type": "application/xml", "x-oss-err": b64encode(body).decode(), "x-oss-ec": fine}
    return Response(status, headers, body)


def _scheme(error: errors.KernelError) -> str:
    """The scheme of a signature that does not match."""
    bad = isinstance(error, NotIdentified) and error.reason == BAD_SIGNATURE and error.claim is not None
    return error.claim.scheme if bad else ""


def _provided(error: errors.KernelError) -> list[Markup]:
    """What was signed and how, where a signature does not match, so that its maker can compare."""
    if not (isinstance(error, NotIdentified) and error.reason == BAD_SIGNATURE and error.claim is not None):
        return []
    claim = error.claim
    text = claim.signed[0] if claim.signed else ""
    return [
        element("AWSAccessKeyId" if claim.scheme.startswith("s3") else "OSSAccessKeyId", claim.access_key_id),
        element("SignatureProvided", claim.signature),
        element("StringToSign", text),
        element("StringToSignBytes", text.encode("utf-8", "surrogateescape").hex(" ").upper()),
    ]


def _headers(error: errors.KernelError) -> dict[str, str]:
    if isinstance(error, PositionNotEqualToLength):
        return {
            "x-oss-next-append-position": str(error.details["position"]),
            "x-oss-hash-crc64ecma": str(error.details["crc64"]),
        }
    if isinstance(error, NoSuchKey) and error.marker is not None:
        return {"x-oss-delete-marker": "true", "x-oss-version-id": version_id(error.marker)}
    if isinstance(error, errors.Throttled):
        return {"Retry-After": str(error.details.get("retry_after_s", 1))}
    headers = error.details.get("headers")
    return dict(headers) if isinstance(headers, dict) else {}


_SPELLED = {"bucket": "BucketName", "key": "Key", "upload_id": "UploadId", "version": "VersionId", "part": "PartNumber",
            "headers_not_signed": "HeadersNotSigned", "argument": "ArgumentName", "value": "ArgumentValue"}  # fmt: skip


def _spelled(name: str) -> str:
    return _SPELLED[name]


def _shown(name: str, value: object) -> bool:
    return name in _SPELLED and isinstance(value, str | int)
