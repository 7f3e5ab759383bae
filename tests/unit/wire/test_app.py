"""The HTTP shell: a failure is an answer until the answer has begun, and a client that went away gets none."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from yunbox.kernel.call import Claim, Operation
from yunbox.kernel.errors import InvalidArgument, KernelError, Refused
from yunbox.wire.app import Front, HttpApp
from yunbox.wire.http import Body, ClientGone, Receive, Request, Response, Scope, parse_request
from yunbox.wire.route import Route, Router, no_operation

Result = Callable[[], Awaitable[Any]]
NEVER = Operation("shop", "Get", dict, lambda *_: None, lambda *_: ())  # type: ignore[arg-type, return-value]


class Shop(Front[Request]):
    """A protocol in which failures are their message."""

    def __init__(self) -> None:
        async def parse(request: Request) -> bytes:
            return await request.body.read()

        route = Route(NEVER, parse, lambda result, _request: Response(body=result), ("GET"), service="shop")
        super().__init__(Router([route], lambda request: request.method.replace("HEAD", "GET"), no_operation))

    def target(self, scope: Scope, receive: Receive) -> Request:
        return parse_request(scope, receive)

    def claim(self, request: Request) -> Claim:
        return Claim("basic", request.headers.get("who", ""))

    def failure(self, error: KernelError, request: Request | None, request_id: str, scope: Scope) -> Response:
        return Response(400, {"known": str(request is not None)}, error.message.encode())


class Told:
    """One request to the shell, whose call does as a test says, and what was sent."""

    def __init__(self, call: Callable[..., Awaitable[Any]], method: str = "GET", path: bytes = b"/") -> None:
        self.events: list[dict] = []
        self.error: Exception | None = None
        scope = {"method": method, "raw_path": path, "query_string": b"", "headers": [(b"who", b"me")]}
        try:
            asyncio.run(HttpApp(Shop(), call)(scope, self._receive, self._send))
        except Exception as error:
            self.error = error

    async def _receive(self) -> dict:
        return {"type": "http.disconnect"}

    async def _send(self, event: dict) -> None:
        self.events.append(event)

    @property
    def status(self) -> int:
        return self.events[0]["status"]

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.events[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(event.get("body", b"") for event in self.events[1:])


def gives(result: Any) -> Callable[..., Awaitable[Any]]:
    async def call(*_given: Any) -> Any:
        if isinstance(result, Exception):
            raise result
        return result

    return call


async def broken(*before: bytes) -> AsyncIterator[bytes]:
    for chunk in before:
        yield chunk
    raise Refused("too much")


def test_the_call_gets_service_operation_claim_and_the_id_that_the_answer_has() -> None:
    seen: list[Any] = []

    async def call(*given: Any) -> bytes:
        seen.extend(given)
        return b"done"

    told = Told(call)
    service, operation, _read, claim, request_id = seen
    assert (service, operation, claim.access_key_id) == ("shop", NEVER, "me")
    assert told.headers[b"x-acs-request-id"].decode() == request_id
    assert (told.status, told.body) == (200, b"done")


def test_a_head_has_the_length_and_no_body() -> None:
    told = Told(gives(b"done"), "HEAD")
    assert (told.headers[b"content-length"], told.body) == (b"4", b"")
    refused = Told(gives(Refused("no")), "HEAD")
    assert (refused.status, refused.headers[b"content-length"], refused.body) == (400, b"2", b"")


@pytest.mark.parametrize(("error", "text"), [(Refused("no"), b"no"), (ValueError("odd"), b"ValueError: odd")])
def test_a_failure_is_told_with_the_request_id(error: Exception, text: bytes) -> None:
    told = Told(gives(error))
    assert (told.status, told.body) == (400, text)
    assert told.headers[b"x-acs-request-id"]


def test_what_has_no_route_or_cannot_be_read_is_told_too() -> None:
    assert b"POST / is not an operation" in Told(gives(b""), "POST").body
    unread = Told(gives(b""), path=b"/%ff")
    assert (unread.status, unread.headers[b"known"]) == (400, b"False")


def test_a_failure_before_the_first_chunk_is_still_an_answer() -> None:
    told = Told(gives(broken()))
    assert (told.status, told.body) == (400, b"too much")


def test_a_failure_after_it_cuts_the_answer_short() -> None:
    told = Told(gives(broken(b"half")))
    assert isinstance(told.error, Refused)
    assert (told.status, told.body) == (200, b"half")
    assert all(event.get("more_body") for event in told.events[1:])


def test_a_client_that_went_away_gets_no_answer() -> None:
    async def call(_service: Any, _operation: Any, read: Result, *_more: Any) -> bytes:
        return await read()

    told = Told(call)
    assert (told.events, told.error) == ([], None)


def test_a_body_that_ends_too_early_is_a_client_gone() -> None:
    async def receive() -> dict:
        return {"type": "http.disconnect"}

    with pytest.raises(ClientGone):
        asyncio.run(Body(receive).read())


def test_a_body_has_a_largest_size() -> None:
    async def receive() -> dict:
        return {"type": "http.request", "body": b"12345"}

    with pytest.raises(InvalidArgument, match="larger than 4 bytes"):
        asyncio.run(Body(receive).read(4))
