"""The path of every call: identify, authorise, admit, run, meter, reply - written once, for every service.

A service declares operations and never has a path of its own. Calls of all four shapes come through here:
a request and its reply; a stream, which is metered when it ends; a session, identified once, whose statements
enter at ``perform``; and a job, whose statements also enter at ``perform`` as the principal who submitted it.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from yunbox.guard.authorise import Authoriser
from yunbox.identity.identify import Identity
from yunbox.kernel import ids
from yunbox.kernel.call import Call, Chunks, Claim, Operation, Principal, Stream
from yunbox.kernel.clock import Clock, utc
from yunbox.kernel.errors import Internal, KernelError
from yunbox.meter.journal import Event, Journal
from yunbox.meter.usage import Meter

Read = Callable[[], Awaitable[Any]]


class Spine:
    """Takes calls along the path."""

    def __init__(self, identity: Identity, authoriser: Authoriser, meter: Meter, journal: Journal, clock: Clock):
        self._identity = identity
        self._authoriser = authoriser
        self._meter = meter
        self._journal = journal
        self._clock = clock

    async def call(self, service: Any, operation: Operation[Any], read: Read, claim: Claim, request_id: str) -> Any:
        """A call from the wire: prove who it is, then read what it asks for, then perform it.

        ``read`` parses the parameters; nothing of a body is read for a caller who is not known.
        """
        event = self._open(operation, request_id)
        try:
            principal = self._identity.identify(claim)
            event.principal, event.account_id = principal.name, principal.account_id
            params = await read()
        except BaseException as error:
            self._close(event, error)
            raise _kernel_error(error) from error
        return await self.perform(service, operation, params, principal, request_id)

    async def perform(
        self, service: Any, operation: Operation[Any], params: Any, principal: Principal, request_id: str
    ) -> Any:
        """A call by a principal who is known: from the wire, or from within a session or a job."""
        event = self._open(operation, request_id)
        event.principal, event.account_id = principal.name, principal.account_id
        call = Call(request_id, operation, params, principal, context=_Context(principal, self._clock))
        try:
            accesses = tuple(operation.touches(service, params))
            event.resources = [access.resource for access in accesses]
            self._authoriser.check(principal, accesses, call.context)
            if operation.admit is not None:
                operation.admit(service, call)
            event.decision = "allowed"
            reply = await operation.run(service, call)
            if isinstance(reply, Stream):
                return replace(reply, chunks=self._metered(reply.chunks, call, event))
            await self._meter.record(call)
        except BaseException as error:
            self._close(event, error)
            raise _kernel_error(error) from error
        self._close(event, None, call)
        return reply

    async def _metered(self, chunks: Chunks, call: Call[Any], event: Event) -> Chunks:
        """Pass a stream on and count it; what passed is metered also when the client goes away."""
        failure: BaseException | None = None
        try:
            async with aclosing(chunks):
                async for chunk in chunks:
                    call.usage.downloaded_bytes += len(chunk)
                    yield chunk
        except BaseException as error:
            failure = error
            raise
        finally:
            await self._meter.record(call)
            self._close(event, None if isinstance(failure, GeneratorExit) else failure, call)

    def _open(self, operation: Operation[Any], request_id: str) -> Event:
        return Event(self._clock.time(), request_id or ids.request_id(), operation.service, operation.name)

    def _close(self, event: Event, error: BaseException | None, call: Call[Any] | None = None) -> None:
        event.latency_ms = round((self._clock.time() - event.time) * 1000, 3)
        if error is not None:
            event.code = getattr(error, "code", None) or type(error).__name__
            event.message = str(error)[:2000]
            event.decision = event.decision or "refused"
        if call is not None:
            event.uploaded_bytes = call.usage.uploaded_bytes
            event.downloaded_bytes = call.usage.downloaded_bytes
            event.scanned_bytes = call.usage.scanned_bytes
        self._journal.record(event)


class _Context(Mapping[str, str]):
    """What the conditions of policies may ask for; worked out when one asks, as most calls meet none."""

    def __init__(self, principal: Principal, clock: Clock) -> None:
        self._principal = principal
        self._clock = clock

    def __getitem__(self, key: str) -> str:
        if key == "acs:SourceIp":
            return self._principal.source_ip
        if key == "acs:CurrentTime":
            return utc(self._clock.time()).isoformat()
        if key == "acs:SecureTransport":
            return "false"
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(("acs:SourceIp", "acs:CurrentTime", "acs:SecureTransport"))

    def __len__(self) -> int:
        return 3


def _kernel_error(error: BaseException) -> BaseException:
    """What is not a kernel error is a fault of ours; cancellation and exit stay what they are."""
    if isinstance(error, KernelError) or not isinstance(error, Exception):
        return error
    return Internal(f"{type(error).__name__}: {error}")
