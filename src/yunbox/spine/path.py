"""The path of every call: identify, authorise, admit, run, meter, reply - written once, for every service.

A service declares operations and never has a path of its own. A request and its reply, and a stream, which is metered
when it ends, come through here; sessions (``spine.sessions``) and jobs (``spine.jobs``) enter at ``perform``.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar, cast

from yunbox.guard.authorise import AccessDenied, Authoriser
from yunbox.identity.identify import BASIC, Identity
from yunbox.identity.policy import ALLOW
from yunbox.identity.throttle import Throttle
from yunbox.kernel import ids
from yunbox.kernel.call import Access, Call, Claim, Operation, Principal, Stream
from yunbox.kernel.clock import Clock, utc
from yunbox.kernel.errors import as_kernel_error
from yunbox.kernel.unidentified import NotIdentified
from yunbox.meter.journal import CONTROL, Event, Recorder
from yunbox.meter.usage import CallMeter

S = TypeVar("S")
P = TypeVar("P")
R = TypeVar("R")
MESSAGE_LENGTH_MAX = 2000
_PRINCIPAL_ARN = ("acs:PrincipalARN", "acs:PrincipalArn")
"""The vendor's pages spell it both ways."""


class Spine:
    """Takes calls along the path."""

    def __init__(
        self, identity: Identity, authoriser: Authoriser, meter: CallMeter, journal: Recorder, clock: Clock
    ) -> None:
        self._identity = identity
        self._authoriser = authoriser
        self._meter = meter
        self._journal = journal
        self._clock = clock
        self._throttle = Throttle()

    async def call(
        self, service: S, operation: Operation[S, P, R], read: Callable[[], Awaitable[P]], claim: Claim, request_id: str
    ) -> R:
        """A call from the wire: prove who it is, then read what it asks for, then perform it.

        ``read`` parses the parameters; nothing of a body is read for a caller who is not known. A password, which can
        be guessed, is judged the later the more often it was wrong.
        """
        started = self._clock.time()
        principal: Principal | None = None
        try:
            if claim.scheme == BASIC:
                await asyncio.sleep(self._throttle.wait_s(claim.access_key_id, claim.source_ip))
            principal = self._identity.identify(claim)
            params = await read()
        except BaseException as error:
            if claim.scheme == BASIC and isinstance(error, NotIdentified):
                self._throttle.failed(claim.access_key_id, claim.source_ip)
            self._journal.record(_refusal(started, self._clock.time(), request_id, operation, principal, error))
            raise kernel_error(error) from error
        return await self.perform(service, operation, params, principal, request_id)

    async def perform(
        self, service: S, operation: Operation[S, P, R], params: P, principal: Principal, request_id: str
    ) -> R:
        """A call by a principal who is known: from the wire, or from within a session or a job."""
        started = self._clock.time()
        context = RequestContext(principal, self._clock)
        call = Call(request_id or ids.request_id(), operation, params, principal, context)
        accesses: Sequence[Access] = ()
        allowed = False
        try:
            accesses = tuple(operation.touches(service, params))
            if operation.place is not None:
                call.places = operation.place(params)
            self._authoriser.check(principal, accesses, call.context)
            if operation.admit is not None:
                operation.admit(service, call)
            allowed = True
            reply = await operation.run(service, call)
            if isinstance(reply, Stream):
                end = _End(self, call, accesses, started)
                return cast("R", replace(reply, chunks=end.metered(reply.chunks)))
            pending = self._meter.record(call, succeeded=True)
            if pending is not None:
                await pending
        except BaseException as error:
            if isinstance(error, AccessDenied):
                allowed = False
                error.code = error.code or operation.denied
            await self._failed(call, accesses, started, error, allowed=allowed)
            raise kernel_error(error) from error
        self._told(call, accesses, started)
        return reply

    async def _failed(
        self, call: Call[Any], accesses: Sequence[Access], started: float, error: BaseException, *, allowed: bool
    ) -> None:
        """What came of a body until its call failed was used all the same."""
        try:
            if call.usage.uploaded_bytes or call.usage.downloaded_bytes:
                pending = self._meter.record(call, succeeded=False)
                if pending is not None:
                    await pending
        finally:
            self._told(call, accesses, started, error, allowed=allowed)

    def _told(
        self,
        call: Call[Any],
        accesses: Sequence[Access],
        started: float,
        error: BaseException | None = None,
        *,
        allowed: bool = True,
    ) -> None:
        operation, principal, usage = call.operation, call.principal, call.usage
        touched = (*accesses, *call.reached)
        event = Event(
            started,
            call.request_id,
            operation.service,
            operation.name,
            principal.name,
            principal.account_id,
            [access.resource for access in touched],
            "allowed" if allowed else "refused",
            "OK" if error is None else code_of(error),
            "" if error is None else str(error)[:MESSAGE_LENGTH_MAX],
            round((self._clock.time() - started) * 1000, 3),
            usage.uploaded_bytes,
            usage.downloaded_bytes,
            usage.scanned_bytes,
            1,
            CONTROL if operation.manages(call.places) else "",
            principal.arn,
            [access.action for access in touched],
            verdict_of(error, allowed=allowed),
            principal.source_ip,
            principal.access_key_id,
            operation.reads,
            decided_by(touched, error),
        )
        self._journal.record(event, call.places)


class _End:
    """The end of a call whose reply is a stream."""

    def __init__(self, spine: Spine, call: Call[Any], accesses: Sequence[Access], started: float) -> None:
        self._spine = spine
        self._call = call
        self._accesses = accesses
        self._started = started

    async def metered(self, chunks: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
        """Pass a stream on and count it; what passed is metered also when the client goes away."""
        usage = self._call.usage
        failure: BaseException | None = None
        try:
            async with aclosing(chunks):
                async for chunk in chunks:
                    usage.downloaded_bytes += len(chunk)
                    yield chunk
        except GeneratorExit:
            raise
        except BaseException as error:
            failure = error
            raise
        finally:
            pending = self._spine._meter.record(self._call, succeeded=True)
            if pending is not None:
                await pending
            self._spine._told(self._call, self._accesses, self._started, failure)


class RequestContext(Mapping[str, str]):
    """What the conditions of policies may ask for; worked out when one asks, as most calls meet none."""

    __slots__ = ("_clock", "_principal")

    def __init__(self, principal: Principal, clock: Clock) -> None:
        self._principal = principal
        self._clock = clock

    def __getitem__(self, key: str) -> str:
        if key == "acs:SourceIp":
            return self._principal.source_ip
        if key == "acs:CurrentTime":
            return utc(self._clock.time()).isoformat()
        if key == "acs:SecureTransport":
            return "true" if self._principal.secure else "false"
        if key in _PRINCIPAL_ARN and self._principal.arn:
            return role_arn(self._principal.arn)
        if key == "acs:MFAPresent":
            return "false"  # nobody signs requests with a code of a device
        if key == "acs:AccessId" and self._principal.access_key_id:
            return self._principal.access_key_id
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        yield from ("acs:SourceIp", "acs:CurrentTime", "acs:SecureTransport", "acs:MFAPresent")
        if self._principal.access_key_id:
            yield "acs:AccessId"
        if self._principal.arn:
            yield from _PRINCIPAL_ARN

    def __len__(self) -> int:
        return sum(1 for _ in self)


def role_arn(arn: str) -> str:
    """The name of a principal as policies ask for it: of a session that of its role."""
    head, _, session = arn.partition(":assumed-role/")
    return f"{head}:role/{session.partition('/')[0]}" if session else arn


def decided_by(accesses: Sequence[Access], error: BaseException | None) -> int:
    """Which of the accesses decided: the one that was denied, or the first."""
    details = getattr(error, "details", {})
    if "decision" not in details:
        return 0
    denied = details["action"], details["resource"]
    return next((at for at, access in enumerate(accesses) if (access.action, access.resource) == denied), 0)


def verdict_of(error: BaseException | None, *, allowed: bool) -> str:
    """How the rights to a call were decided, in the vendor's words; nothing where that was not come to."""
    denied = getattr(error, "details", {}).get("decision", "")
    return denied or (ALLOW if allowed else "")


def code_of(error: BaseException) -> str:
    """What an event calls an error: the vendor's code, where the error has one of its own, or its kind."""
    return getattr(error, "code", None) or type(error).__name__


def _refusal(
    started: float,
    now: float,
    request_id: str,
    operation: Operation[Any, Any, Any],
    principal: Principal | None,
    error: BaseException,
) -> Event:
    """The event of a call that was not understood, or whose caller is not known."""
    return Event(
        time=started,
        request_id=request_id or ids.request_id(),
        service=operation.service,
        operation=operation.name,
        principal=principal.name if principal else "",
        account_id=principal.account_id if principal else "",
        decision="refused",
        code=code_of(error),
        message=str(error)[:MESSAGE_LENGTH_MAX],
        latency_ms=round((now - started) * 1000, 3),
        arn=principal.arn if principal else "",
    )


def kernel_error(error: BaseException) -> BaseException:
    """An error as it leaves the spine: cancellation and exit stay what they are."""
    return as_kernel_error(error) if isinstance(error, Exception) else error
