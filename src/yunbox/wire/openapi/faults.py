"""Errors as OpenAPI tells them: who is not known, who may not, and what to do next.

Sources: the vendor's "Common error codes" and "View the details of access denied errors" (AccessDeniedDetail).
"""

from collections.abc import Callable, Mapping
from typing import Any

from yunbox.kernel.errors import Forbidden, KernelError
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
from yunbox.wire.openapi.api import Api
from yunbox.wire.openapi.signing import ACS3

_IDENTITY = {
    MISSING: (400, "MissingAccessKeyId", "AccessKeyId is mandatory for this action: sign the request."),
    BAD_KEY: (404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."),
    INACTIVE: (403, "InvalidAccessKeyId.Inactive", "Specified access key is disabled."),
    BAD_SIGNATURE: (400, "SignatureDoesNotMatch", "Specified signature is not matched with our calculation."),
    EXPIRED: (400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."),
    REPLAYED: (400, "SignatureNonceUsed", "Specified signature nonce was used already."),
    BAD_TOKEN: (
        400,
        "InvalidSecurityToken.MismatchWithAccessKey",
        "Specified SecurityToken mismatch with AccessKey.",
    ),
    TOKEN_MISSING: (400, "MissingSecurityToken", "SecurityToken is mandatory for this action."),
    TOKEN_EXPIRED: (400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired."),
}
_TROUBLE = "https://api.alibabacloud.com/troubleshoot"


Encoded = Callable[[Mapping[str, Any]], str]
"""Seals what a denial was."""


def body_of(
    error: KernelError, api: Api, request_id: str, host: str, encoded: Encoded | None = None
) -> tuple[int, dict[str, Any]]:
    """The HTTP status and the envelope of an error."""
    status, code, message = _told(error, api)
    body: dict[str, Any] = {"RequestId": request_id, "HostId": host, "Code": code, "Message": message}
    if "decision" in error.details and isinstance(error, Forbidden):
        body["Recommend"] = f"yunbox ram explain --request-id {request_id}"
        body["AccessDeniedDetail"] = {
            "AuthAction": error.details["action"],
            "AuthResource": error.details["resource"],
            "NoPermissionType": error.details["decision"],
            **_diagnosed(error.details.get("diagnosis"), encoded),
        }
    else:
        body["Recommend"] = f"{_TROUBLE}?q={code}&product={api.product}&requestId={request_id}"
    return status, body


def _diagnosed(body: Mapping[str, Any] | None, encoded: Encoded | None) -> dict[str, str]:
    """Who was denied, in the open, and by which policy, sealed."""
    if body is None or encoded is None:
        return {}
    principal = {name: str(value) for name, value in body["AuthPrincipal"].items()}
    policy_type = {"PolicyType": body["NoPermissionPolicyType"]}
    return {**principal, **policy_type, "EncodedDiagnosticMessage": encoded(body)}


def _told(error: KernelError, api: Api) -> tuple[int, str, str]:
    if not isinstance(error, NotIdentified):
        return (*api.code(error), error.message)
    status, code, message = _IDENTITY[error.reason]
    if error.reason == BAD_SIGNATURE and error.claim is not None and error.claim.signed:
        words = "server StringToSign is" if error.claim.scheme == ACS3 else "server string to sign is"
        message = f"{message} {words}:{error.claim.signed[0]}"
    return status, code, message
