"""A call as the spine sees it: what the client claims, what it asks for, and what is left behind."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, NamedTuple, TypeVar

S = TypeVar("S")
P = TypeVar("P")
R = TypeVar("R")

ACCOUNT, RAM_USER, ROLE_SESSION, ANONYMOUS = "account", "ram-user", "assumed-role", "anonymous"
"""The kinds of principals."""


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
    advance holds until ``expires_at``, whenever it was signed. One with a ``nonce`` is taken once; ``secure`` is one
    that came over TLS.
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
    nonce: str = ""
    secure: bool = False


Sign = Callable[[str, Claim, str], str]
"""The signature of a text in a scheme: by a secret, with what the claim says of how it was signed."""


@dataclass(frozen=True)
class Principal:
    """An identity that was verified. ``name`` is MaxCompute's display form, ``RAM$account:user`` for a RAM user, and
    ``arn`` that of the vendor's OpenAPI; ``session`` is the name of a role's session.

    ``policies`` narrow a temporary identity further; None means nothing narrows it. ``secure`` is whether it came over
    TLS. ``region`` is where it calls from, if that is another than the house's own.
    """

    account_id: str
    kind: str
    id: str
    name: str
    policies: tuple[str, ...] | None = None
    expires_at: float | None = None
    source_ip: str = ""
    access_key_id: str = ""
    arn: str = ""
    session: str = ""
    secure: bool = False
    region: str = ""

    @property
    def is_anonymous(self) -> bool:
        """Whether this is anybody: one who gave no name, in a service that may serve such."""
        return self.kind == ANONYMOUS

    @property
    def is_account(self) -> bool:
        """Whether this is the account itself, which owns everything under it."""
        return self.kind == ACCOUNT


@dataclass(frozen=True)
class Access:
    """One action on one resource: ``odps:Select`` on ``projects/p/tables/t``, owned by ``account_id``.

    ``context`` holds what the conditions of policies may ask of this very request; ``version`` is the one of the
    resource that is meant, where not the present one is. ``product`` is whose resource it is, where not the action's
    own: ``sts:AssumeRole`` is on a role of ``ram``. What nobody's account has, such as a system policy, is the
    ``owner``'s by name. ``region`` is where it is, where that is not the house's own.
    """

    action: str
    resource: str
    account_id: str
    context: Mapping[str, str] = field(default_factory=dict)
    version: str | None = None
    product: str = ""
    owner: str = ""
    region: str = ""


class Place(NamedTuple):
    """Where the load of a call falls: on a ``name`` in a ``container``, such as a key in a bucket."""

    container: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """What a call of some kind is charged for, by the price book's names.

    ``request`` is charged once for a call that succeeds; ``uploaded`` and ``downloaded`` for the bytes that passed,
    also when the call failed or its client went away. ``group`` goes before the container of the call's first place:
    together they are what the bill groups by. With ``tallied`` the call is summed up with others of its kind, as there
    are very many of them.
    """

    request: str = ""
    uploaded: str = ""
    downloaded: str = ""
    group: str = ""
    tallied: bool = False


@dataclass(slots=True)
class Usage:
    """What a call used, filled in while it runs; only what is above zero is metered.

    ``items`` are further quantities by the price book's name for them, which only the run can know; ``retrieval`` is
    the name for downloaded bytes that cost extra, as they come from where reading does. ``scanned_bytes`` are told in
    the call's event; what they cost is one of the ``items``. ``complexity`` is that of a statement.
    """

    scanned_bytes: int = 0
    uploaded_bytes: int = 0
    downloaded_bytes: int = 0
    complexity: float = 1.0
    items: dict[str, float] = field(default_factory=dict)
    retrieval: str = ""


@dataclass(slots=True)
class Call(Generic[P]):
    """One call under way: who, what, where, and what it has used so far.

    ``reached`` are the accesses that came to light only while it ran, such as to what a link leads to.
    """

    request_id: str
    operation: "Operation[Any, P, Any]"
    params: P
    principal: Principal
    context: Mapping[str, str] = field(default_factory=dict)
    places: Sequence[Place] = ()
    reached: list[Access] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)

    async def counted(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
        """A body on its way in, counted as it passes: a call that fails half-way has used what came until then."""
        async for chunk in chunks:
            self.usage.uploaded_bytes += len(chunk)
            yield chunk


@dataclass(frozen=True, eq=False)
class Operation(Generic[S, P, R]):
    """An operation of a service, declared once.

    ``run`` gets the service, or the part of it that the operation is about, and the call. ``touches`` gives the
    accesses the call needs; ``admit`` raises Refused when it would cost too much. ``charge`` is what a call costs by
    its kind, ``place`` where its load falls. ``is_data`` says whether it is about data and not about managing; where
    that is not said, streams and calls on a named thing in a container are; whether one ``reads`` only is said where it
    matters to the audit trail. ``denied`` is the vendor's code for who may not, where the product has one of its own.
    From this come routing, authorisation, coverage, billing and audit.
    """

    service: str
    name: str
    params: type[P]
    run: Callable[[S, Call[P]], Awaitable[R]]
    touches: Callable[[S, P], Iterable[Access]]
    shape: Shape = Shape.REQUEST
    admit: Callable[[S, Call[P]], None] | None = None
    charge: Charge | None = None
    place: Callable[[P], Sequence[Place]] | None = None
    is_data: bool | None = None
    reads: bool = False
    denied: str | None = None

    def manages(self, places: Sequence[Place]) -> bool:
        """Whether a call with its load there is one of management."""
        if self.is_data is not None:
            return not self.is_data
        return self.shape is Shape.REQUEST and not (places and places[0].name)


Chunks = AsyncGenerator[bytes]


@dataclass
class Stream:
    """A reply of unknown length. The spine meters what really passed when it ends, however it ends."""

    chunks: Chunks
    headers: Mapping[str, str] = field(default_factory=dict)
