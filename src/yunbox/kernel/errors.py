"""The errors the house raises, before any service gives them its vendor's code.

    KernelError
    ├── InvalidArgument      the request is malformed or a value is out of bounds
    ├── Unauthenticated      no identity, or one that cannot be verified
    ├── Forbidden            a known identity without the permission
    ├── Refused              permitted, but the guard says it would cost too much
    ├── NotFound             the thing named does not exist
    ├── AlreadyExists        the thing named exists
    ├── Conflict             the thing is in a state that forbids this
    ├── Throttled            too many or too much; retry later
    ├── Unsupported          a real operation that Yunbox does not offer
    ├── Cancelled            stopped on request or by a timeout
    ├── StorageFull          the disk or a size limit is exhausted
    ├── Unavailable          a worker or the server is going away; retry
    └── Internal             our fault

A kernel error says what happened. Each service owns one table that says which vendor code and
HTTP status that is; an error may carry a ``code`` where the vendor distinguishes finer than the tree.
"""

from typing import Any


class KernelError(Exception):
    """Base of every error that crosses a layer.

    ``message`` is for the user and says what to do next where that is known; ``code`` overrides the
    service's error table when the vendor has a code of its own for this very case.
    """

    code: str | None = None

    def __init__(self, message: str, *, code: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        if code is not None:
            self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.code, self.details)


def _rebuild(cls: type[KernelError], message: str, code: str | None, details: dict[str, Any]) -> KernelError:
    error = cls.__new__(cls)
    KernelError.__init__(error, message, code=code, **details)
    return error


class InvalidArgument(KernelError):
    """The request is malformed or a value is out of bounds."""


class Unauthenticated(KernelError):
    """There is no identity, or it cannot be verified."""


class Forbidden(KernelError):
    """The identity is known and lacks the permission."""


class Refused(KernelError):
    """The call is permitted, but the guard refuses what it would cost."""


class NotFound(KernelError):
    """The thing named does not exist."""


class AlreadyExists(KernelError):
    """The thing named exists already."""


class Conflict(KernelError):
    """The thing is in a state that forbids this call."""


class Throttled(KernelError):
    """Too many calls or too many bytes; a retry later may pass."""


class Unsupported(KernelError):
    """A real operation or construct that Yunbox does not offer."""


class Cancelled(KernelError):
    """The work was stopped on request or ran out of time."""


class StorageFull(KernelError):
    """The disk or a size limit is exhausted."""


class Unavailable(KernelError):
    """A worker or the server is going away; the call may be retried."""


class Internal(KernelError):
    """Something went wrong that the caller cannot mend."""


def as_kernel_error(error: Exception) -> KernelError:
    """What is not a kernel error is a fault of ours."""
    return error if isinstance(error, KernelError) else Internal(f"{type(error).__name__}: {error}")
