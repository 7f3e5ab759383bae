"""Both interfaces as the one shell of all services wants them."""

import msgspec

from yunbox.kernel.call import Claim
from yunbox.kernel.errors import KernelError
from yunbox.services.flink import faults
from yunbox.services.flink.gateway.gateway import Gateway
from yunbox.services.flink.http import gateway_api, jobmanager_api
from yunbox.services.flink.http.requests import Callers
from yunbox.wire.app import Front
from yunbox.wire.http import Receive, Request, Response, Scope, parse_request
from yunbox.wire.route import Router, no_operation, path_key


class FlinkRequest(Request):
    """A request, and the port that it comes from."""


class _Front(Front[Request]):
    """What both have in common."""

    def __init__(self, gateway: Gateway, callers: Callers, routes: list) -> None:  # type: ignore[type-arg]
        super().__init__(Router([route.bound(gateway) for route in routes], path_key, no_operation))
        self._callers = callers
        self._ports: dict[int, int] = {}

    def target(self, scope: Scope, receive: Receive) -> Request:
        """The request."""
        request = parse_request(scope, receive)
        self._ports[id(request)] = (scope.get("client") or ("", 0))[1]
        return request

    def claim(self, request: Request) -> Claim:
        """What the request says of who sent it, or what the kernel does."""
        return self._callers.claim(request, self._ports.pop(id(request), 0))

    def failure(self, error: KernelError, request: Request | None, request_id: str, scope: Scope) -> Response:
        """A list of texts."""
        status, texts = self._told(error)
        headers = {"Content-Type": "application/json; charset=UTF-8"}
        if status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="yunbox", charset="UTF-8"'
        return Response(status, headers, msgspec.json.encode({"errors": texts}))

    def _told(self, error: KernelError) -> tuple[int, list[str]]:
        return faults.status(error), faults.texts(error)


class GatewayFront(_Front):
    """The SQL Gateway's."""

    def __init__(self, gateway: Gateway, callers: Callers) -> None:
        super().__init__(gateway, callers, gateway_api.ROUTES)

    def _told(self, error: KernelError) -> tuple[int, list[str]]:
        return faults.gateway_status(error), faults.gateway_texts(error)


class JobManagerFront(_Front):
    """The JobManager's."""

    def __init__(self, gateway: Gateway, callers: Callers) -> None:
        super().__init__(gateway, callers, jobmanager_api.ROUTES)
