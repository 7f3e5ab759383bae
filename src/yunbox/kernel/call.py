"""A call as the spine sees it: what the client claims, what it asks for, and what is left behind."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar

P = TypeVar("P")


ANONYMOUS = "anonymous"


class Shape(Enum):
    """The four ways a call may run; see the design."""

    REQUEST = "request"
    STREAM = "stream"
    SESSION = "session"
    JOB = "job"


@dataclass(frozen=True)
class Claim:
    """What a client says of itself, as bytes only: identity checks it.

    ``signed`` holds the texts the signature may cover (clients of one scheme differ in details);
    ``signed_at`` is the epoch time the client put into them. ``scope`` carries the scheme's own fields;
    ``application`` is a second claim, by the application that calls for the user. A request that was signed in
    advance holds until ``expires_at``, whenever it was signed.
    """

    scheme: str
    access_key_id: str = ""
    signature: str = field(default="", repr=False)
    signed: tuple[str, ...] = field(default=(), repr=False)
    signed_at: float | None = None
    expires_at: float | None = None
    security_token: str = field(default="", repr=False)
    scope: Mapping[str, str] = field(default_factory=dict)
    source_ip: str = ""
    application: "Claim | None" = None


@dataclass(frozen=True)
class Principal:
    """An identity that was verified. ``name`` is the vendor's display form, ``RAM$user`` for a RAM user.

    ``policies`` narrow a temporary identity further; None means nothing narrows it.
    """

    account_id: str
    kind: str
    id: str
    name: str
    policies: tuple[str, ...] | None = None
    expires_at: float | None = None
    source_ip: str = ""

    @property
    def is_anonymous(self) -> bool:
        """Whether this is anybody: one who gave no name, in a service that may serve such."""
        return self.kind == ANONYMOUS

    @property
    def is_account(self) -> bool:
        """Whether this is the account itself, which owns everything under it."""
        return self.kind == "account"


@dataclass(frozen=True)
class Access:
    """One action on one resource: ``odps:Select`` on ``projects/p/tables/t``, owned by ``account_id``.

    ``context`` holds what the conditions of policies may ask of this very request.
    """

    action: str
    resource: str
    account_id: str
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Usage:
    """What a call used, filled in while it runs; only what is above zero is metered.

    ``items`` are further quantities by the price book's name for them. ``project`` is what the bill groups by: a
    project, a bucket. With ``tallied`` the call is summed up with others of its kind, as
    there are very many of them; ``traffic`` is then the price book's name for bytes, in and out, and ``retrieval``
    the one for bytes read from where reading costs extra.
    """

    project: str = ""
    scanned_bytes: int = 0
    complexity: float = 1.0
    uploaded_bytes: int = 0
    downloaded_bytes: int = 0
    rows: int = 0
    items: dict[str, float] = field(default_factory=dict)
    tallied: bool = False
    traffic: str = ""
    retrieval: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass
class Call(Generic[P]):
    """One call under way: who, what, and what it has used so far."""

    request_id: str
    operation: "Operation[Any]"
    params: P
    principal: Principal
    usage: Usage = field(default_factory=Usage)
    context: Mapping[str, str] = field(default_factory=dict)


Run = Callable[[Any, Call[Any]], Awaitable[Any]]


@dataclass(frozen=True)
class Operation(Generic[P]):
    """An operation of a service, declared once.

    ``touches`` gives the accesses it needs; ``admit`` raises Refused when it would cost too much;
    ``run`` gets the service and the call. From this come routing, authorisation, coverage and audit.
    """

    service: str
    name: str
    params: type[P]
    run: Run
    touches: Callable[[Any, P], Iterable[Access]]
    shape: Shape = Shape.REQUEST
    admit: Callable[[Any, Call[P]], None] | None = None


Chunks = AsyncGenerator[bytes]


@dataclass
class Stream:
    """A reply of unknown length. The spine meters what really passed when it ends, however it ends."""

    chunks: Chunks
    headers: Mapping[str, str] = field(default_factory=dict)
