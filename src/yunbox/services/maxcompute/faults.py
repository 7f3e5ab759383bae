"""The table from kernel errors to MaxCompute's codes and HTTP statuses.

Codes are the words PyODPS and the Java SDK turn into exception classes where there is one, and the vendor's
ODPS numbers otherwise.
"""

import re
from collections.abc import Mapping
from typing import TypeVar

from yunbox.engine.duck.failures import BadPartition, BadValue, MemoryShort, Overflow
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

_TABLE: dict[type[errors.KernelError], tuple[int, str]] = {
    errors.InvalidArgument: (400, "InvalidArgument"),
    errors.Unauthenticated: (401, "ODPS-0410051"),
    errors.Forbidden: (403, "NoPermission"),
    errors.Refused: (403, "ODPS-0130071"),
    errors.NotFound: (404, "NoSuchObject"),
    errors.AlreadyExists: (409, "ObjectAlreadyExists"),
    errors.Conflict: (409, "InvalidStateSetting"),
    errors.Throttled: (429, "RequestQuotaExceeded"),
    errors.Unsupported: (400, "NotSupportedError"),
    errors.Cancelled: (400, "InstanceCancelled"),
    errors.StorageFull: (507, "StorageFull"),
    errors.Unavailable: (503, "ServiceUnavailable"),
    errors.Internal: (500, "InternalServerError"),
}
_IDENTITY = {
    MISSING: (401, "AuthorizationRequired", "ODPS-0410051:Invalid credentials"),
    BAD_KEY: (401, "InvalidParameter", "ODPS-0410051:Invalid credentials"),
    BAD_SIGNATURE: (401, "SignatureNotMatch", "ODPS-0410042:Invalid signature value"),
    INACTIVE: (401, "InvalidParameter", "ODPS-0410051:Invalid credentials"),
    EXPIRED: (401, "RequestTimeTooSkewed", "ODPS-0410031:Authentication request expired"),
    BAD_TOKEN: (401, "InvalidParameter", "ODPS-0410051:Invalid credentials"),
    TOKEN_MISSING: (401, "InvalidParameter", "ODPS-0410051:Invalid credentials"),
    # PyODPS takes this code, and no other, for a reason to ask its provider for new credentials
    TOKEN_EXPIRED: (401, "AuthenticationRequestExpired", "ODPS-0410031:Authentication request expired"),
    REPLAYED: (401, "InvalidParameter", "ODPS-0410051:Invalid credentials"),
}
_SQL_CODES: dict[type[errors.KernelError], str] = {
    errors.InvalidArgument: "ODPS-0130071:[0,0] Semantic analysis exception",
    errors.Forbidden: "ODPS-0130013:Authorization exception",
    errors.NotFound: "ODPS-0130131:Table not found",
    errors.AlreadyExists: "ODPS-0130211:Table or view already exists",
    errors.Unsupported: "ODPS-0130071:[0,0] Semantic analysis exception",
    errors.Conflict: "ODPS-0110141:Data version exception",
    errors.Cancelled: "ODPS-0010000:The instance was cancelled",
    errors.StorageFull: "ODPS-0010000:System internal error - no space left",
    errors.Unavailable: "ODPS-0010000:System internal error",
}
_ENGINE: dict[type[errors.KernelError], str] = {
    Overflow: "ODPS-0121145:Data overflow - ",
    BadValue: "ODPS-0121095:Invalid argument - ",
    BadPartition: "ODPS-0123031:Partition exception - ",
    MemoryShort: "ODPS-0010032:",
}
"""What the engine finds wrong, as the vendor's pages "Common SQL errors" word it."""
T = TypeVar("T")
_HAS_CODE = re.compile(r"ODPS-\d{7}")


def reply(error: errors.KernelError) -> tuple[int, str, str]:
    """HTTP status, vendor code and message of an error that ends a request."""
    if isinstance(error, NotIdentified):
        status, code, prefix = _IDENTITY[error.reason]
        return status, code, f"{prefix} - {error.message}"
    status, code = _entry(error, _TABLE, (500, "InternalServerError"))
    if type(error) in _ENGINE:
        found, message = sql_failure(error)
        return status, found, message
    if isinstance(error, errors.Forbidden):
        return status, code, f"ODPS-0420095: Access Denied - {error.message}"
    return status, error.code or code, error.message


def sql_failure(error: BaseException) -> tuple[str, str]:
    """The vendor's code and text of an error that ends a SQL task."""
    if not isinstance(error, errors.KernelError):
        return "ODPS-0010000", f"ODPS-0010000:System internal error - {type(error).__name__}: {error}"
    found = _HAS_CODE.match(error.message)
    if found:
        return found.group(), error.message
    if (words := _ENGINE.get(type(error))) is not None:
        return words[:12], words + error.message
    prefix = _entry(error, _SQL_CODES, "ODPS-0010000:System internal error")
    return prefix[:12], f"{prefix} - {error.message}"


def _entry(error: errors.KernelError, table: Mapping[type[errors.KernelError], T], default: T) -> T:
    """The entry of the error's class, or of the nearest class above it."""
    return next((value for kind in type(error).__mro__ for key, value in table.items() if key is kind), default)
