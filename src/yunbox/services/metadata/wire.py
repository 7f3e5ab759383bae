"""The metadata server over HTTP: to the instance itself, which is whoever the kernel says runs the server.

Three ways lead here: the address 100.100.100.200 by way of ``HTTP_PROXY``, this listener's own address, and a command's
own path with its secret (``ALIBABA_CLOUD_CREDENTIALS_URI``). Web pages and requests that another server passes on are
refused, as is whoever asks for the tree without a token.
"""

import os
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass

from yunbox.kernel.call import ANONYMOUS, Claim
from yunbox.kernel.errors import Forbidden, InvalidArgument, KernelError, NotFound
from yunbox.services.metadata.runs import Run
from yunbox.services.metadata.service import GET_CREDENTIALS, GET_METADATA, GET_TOKEN, Metadata, NewToken, Path
from yunbox.wire.app import Front
from yunbox.wire.http import Receive, Request, Response, Scope, parse_request
from yunbox.wire.peers import uid_of
from yunbox.wire.route import Route, Router

_STATUSES: dict[type[KernelError], int] = {InvalidArgument: 400, Forbidden: 403, NotFound: 404}
_TTL, _TOKEN = "x-aliyun-ecs-metadata-token-ttl-seconds", "x-aliyun-ecs-metadata-token"
_DATA = ("latest", "meta-data")
RunOf = Callable[[str], "Run | None"]
_NOBODY = Run("")
"""What a secret stands for that is nobody's."""


@dataclass(frozen=True)
class Asked:
    """A request and the port that it comes from."""

    request: Request
    peer_port: int


class MetadataFront(Front[Asked]):
    """The protocol; ``run_of`` knows a command by its secret."""

    def __init__(self, service: Metadata, run_of: RunOf) -> None:
        self._run_of = run_of
        routes = (
            Route(GET_TOKEN, self._new_token, _text, "PUT latest/api/token"),
            Route(GET_METADATA, self._path, _text, "GET latest/meta-data"),
            Route(GET_CREDENTIALS, self._command, _json, "GET runs"),
        )
        super().__init__(Router([route.bound(service) for route in routes], _key, _missing))

    def target(self, scope: Scope, receive: Receive) -> Asked:
        """The request."""
        return Asked(parse_request(scope, receive), (scope.get("client") or ("", 0))[1])

    def claim(self, request: Asked) -> Claim:
        """Whoever runs the server is the instance. Raises Forbidden for anybody else."""
        headers = request.request.headers
        if headers.get("origin") or headers.get("x-forwarded-for"):
            raise Forbidden("Requests of web pages, and such as are passed on, are not taken")
        if uid_of(request.request.peer, request.peer_port) not in (os.getuid(), 0):
            raise Forbidden("This is the metadata server of another user of the machine")
        return Claim(ANONYMOUS, source_ip=request.request.peer)

    def failure(self, error: KernelError, request: Asked | None, request_id: str, scope: Scope) -> Response:
        """One line of text."""
        status = next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), 500)
        return Response(status, {"Content-Type": "text/plain; charset=utf-8"}, f"{error.message}\n".encode())

    async def _new_token(self, asked: Asked) -> NewToken:
        return NewToken(asked.request.headers.get(_TTL, ""))

    async def _path(self, asked: Asked) -> Path:
        parts = asked.request.segments[len(_DATA) :]
        return Path(parts, asked.request.headers.get(_TOKEN, ""), self._run(asked))

    async def _command(self, asked: Asked) -> Path:
        secret = asked.request.segments[1] if len(asked.request.segments) == 2 else ""
        return Path((), run=self._run_of(secret) or _NOBODY)

    def _run(self, asked: Asked) -> Run | None:
        """The command that asks by way of the proxy; None for whoever asks otherwise."""
        scheme, _, encoded = asked.request.headers.get("proxy-authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            secret = b64decode(encoded.strip(), validate=True).decode().partition(":")[2]
        except ValueError:
            raise InvalidArgument("Proxy-Authorization is not one of Basic authentication") from None
        return self._run_of(secret) or _NOBODY


def _key(asked: Asked) -> str:
    head = "/".join(asked.request.segments[:2])
    if head == "latest/api":
        return f"{asked.request.method} {'/'.join(asked.request.segments)}"
    return f"{asked.request.method} {'runs' if head.startswith('runs/') else head}"


def _missing(asked: Asked) -> NotFound:
    return NotFound(f"{asked.request.method} {asked.request.raw_path[:128]} is not there; /latest/meta-data/ is")


def _text(body: str, _asked: Asked) -> Response:
    return Response(200, {"Content-Type": "text/plain; charset=utf-8"}, body.encode())


def _json(body: str, _asked: Asked) -> Response:
    return Response(200, {"Content-Type": "application/json; charset=utf-8"}, body.encode())
