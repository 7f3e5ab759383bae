"""The one shell of every HTTP service: an ASGI application that takes a request to an operation and its result back.

A service says what is its own in a ``Front``: what a request is about, what it claims of who sent it, and what a
failure looks like. Here is what they share: the request's id, clients that go away, and answers that have begun and
cannot be taken back.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Generic, TypeVar

from yunbox.kernel import ids
from yunbox.kernel.call import Claim
from yunbox.kernel.errors import InvalidArgument, KernelError, as_kernel_error
from yunbox.wire.http import ClientGone, Receive, Response, Scope, Send, send_response
from yunbox.wire.route import Route, Router

Q = TypeVar("Q")
Call = Callable[[Any, Any, Callable[[], Awaitable[Any]], Claim, str], Awaitable[Any]]
"""The spine's ``call``: the service, the operation, what reads its parameters, the claim, the request's id."""


class Front(ABC, Generic[Q]):
    """The protocol of one service. ``request_id_header`` is where its clients look for the request's id."""

    request_id_header = "x-acs-request-id"

    def __init__(self, router: Router[Q]) -> None:
        self.router = router

    @abstractmethod
    def target(self, scope: Scope, receive: Receive) -> Q:
        """What a request is about. Raises InvalidArgument for one that cannot be read."""

    @abstractmethod
    def claim(self, request: Q) -> Claim:
        """What a request says of who sent it."""

    @abstractmethod
    def failure(self, error: KernelError, request: Q | None, request_id: str, scope: Scope) -> Response:
        """An error as this protocol tells it; ``request`` is None when not even that could be read."""

    async def open(self, request: Q) -> tuple[Q, Route[Q], Claim]:
        """The request as it is to be understood, its route, and its claim."""
        return request, self.router.find(request), self.claim(request)

    async def read(self, route: Route[Q], request: Q) -> Any:
        """The parameters, once it is known who asks."""
        return await route.parse(request)

    def finish(self, response: Response, request: Q | None, request_id: str) -> Response:
        """The last touch to any answer."""
        response.headers[self.request_id_header] = request_id
        return response


class HttpApp(Generic[Q]):
    """The ASGI application of a front."""

    def __init__(self, front: Front[Q], call: Call) -> None:
        self._front = front
        self._call = call

    def unreadable(self) -> Response:
        """The answer to bytes that are no HTTP request."""
        request_id = ids.request_id()
        error = InvalidArgument("The request is not valid HTTP.", code="BadRequest")
        response = self._front.failure(error, None, request_id, {"headers": [], "path": "", "method": ""})
        return self._front.finish(response, None, request_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        front = self._front
        request_id = ids.request_id()
        request: Q | None = None
        started = _Started(send)
        try:
            request = front.target(scope, receive)
            request, route, claim = await front.open(request)
            read = partial(front.read, route, request)
            result = await self._call(route.service, route.operation, read, claim, request_id)
            response = front.finish(route.render(result, request), request, request_id)
            await send_response(response, started.send, head_only=scope["method"] == "HEAD")
        except ClientGone:
            return
        except Exception as error:
            if started.done:
                raise  # too late for another answer: the connection is cut, and the client sees a short body
            response = front.failure(as_kernel_error(error), request, request_id, scope)
            response = front.finish(response, request, request_id)
            await send_response(response, send, head_only=scope["method"] == "HEAD")


class _Started:
    """Passes events on and remembers whether the answer has begun."""

    __slots__ = ("_send", "done")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.done = False

    async def send(self, event: dict[str, Any]) -> None:
        self.done = True
        await self._send(event)
