"""Tablestore's errors: the table from the kernel's to the vendor's. Source: the vendor's page "Error codes"."""

from yunbox.kernel import errors
from yunbox.kernel.errors import KernelError
from yunbox.kernel.unidentified import (
    BAD_KEY,
    BAD_SIGNATURE,
    EXPIRED,
    INACTIVE,
    MISSING,
    NotIdentified,
)  # fmt: skip

_FAILED = "OTSAuthFailed"
_IDENTITY = {
    MISSING: (400, "OTSParameterInvalid", "Missing header: x-ots-signature."),
    BAD_KEY: (403, _FAILED, "The AccessKeyID does not exist."),
    INACTIVE: (403, _FAILED, "The AccessKeyID is disabled."),
    BAD_SIGNATURE: (403, _FAILED, "Signature mismatch."),
    EXPIRED: (403, _FAILED, "Mismatch between system time and x-ots-date."),
}
_TABLE: dict[type[KernelError], tuple[int, str]] = {
    errors.InvalidArgument: (400, "OTSParameterInvalid"),
    errors.Unauthenticated: (403, _FAILED),
    errors.Forbidden: (403, "OTSNoPermissionAccess"),
    errors.Refused: (403, "OTSNoPermissionAccess"),
    errors.NotFound: (404, "OTSObjectNotExist"),
    errors.AlreadyExists: (409, "OTSObjectAlreadyExist"),
    errors.Conflict: (403, "OTSConditionCheckFail"),
    errors.Throttled: (403, "OTSQuotaExhausted"),
    errors.Unsupported: (400, "OTSUnsupportOperation"),
    errors.Cancelled: (503, "OTSTimeout"),
    errors.StorageFull: (503, "OTSServerUnavailable"),
    errors.Unavailable: (503, "OTSServerUnavailable"),
    errors.Internal: (500, "OTSInternalServerError"),
}
_STATUSES = {"OTSMethodNotAllowed": 405, "OTSRequestBodyTooLarge": 413, _FAILED: 403}


def reply(error: KernelError) -> tuple[int, str, str]:
    """HTTP status, code and message of an error."""
    if isinstance(error, NotIdentified):
        return _IDENTITY.get(error.reason, (403, _FAILED, error.message))
    status, code = next(entry for kind in type(error).__mro__ for known, entry in _TABLE.items() if kind is known)
    code = error.code or code
    return _STATUSES.get(code, status), code, error.message
