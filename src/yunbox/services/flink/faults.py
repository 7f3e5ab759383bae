"""Flink's errors: each interface answers with a list of texts; the gateway's name Java's exceptions, as its clients
look for them."""

from yunbox.kernel import errors
from yunbox.kernel.unidentified import NotIdentified

_STATUSES: dict[type[errors.KernelError], int] = {
    errors.InvalidArgument: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Throttled: 429,
    errors.Unsupported: 404,
    errors.Unavailable: 503,
    errors.StorageFull: 507,
}
MALFORMED = "MalformedRequest"
_TRACE = "\n\tat yunbox.sql.flink(Native Method)\n\n"
"""The clients show the cause up to where a trace begins."""
_GATEWAY = "org.apache.flink.table.gateway.api.utils.SqlGatewayException"


def status(error: errors.KernelError) -> int:
    """The HTTP status of an error of the JobManager's interface."""
    if isinstance(error, NotIdentified):
        return 401
    return next((status for kind in type(error).__mro__ for known, status in _STATUSES.items() if kind is known), 500)


def texts(error: errors.KernelError) -> list[str]:
    """The texts of an error of the JobManager's interface."""
    return [error.message]


def gateway_status(error: errors.KernelError) -> int:
    """The gateway answers 500 to whatever a statement has done wrong."""
    kept = (errors.Unauthenticated, errors.Forbidden, NotIdentified)
    if isinstance(error, kept):
        return status(error)
    return {"MethodNotAllowed": 404, MALFORMED: 400}.get(error.code or "", 500)


def gateway_texts(error: errors.KernelError) -> list[str]:
    """As the gateway words it: the cause stands behind ``Caused by``."""
    if gateway_status(error) != 500:
        return [error.message]
    cause = getattr(error, "reported", None) or f"{_GATEWAY}: {error.message}"
    return [
        "Internal server error.",
        f"<Exception on server side:\n{_GATEWAY}: {cause}\nCaused by: {cause}{_TRACE}End of exception on server side>",
    ]
