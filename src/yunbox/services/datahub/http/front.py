"""DataHub over HTTP: the protocol as the one shell of all services wants it."""

import msgspec

from yunbox.kernel.call import Claim
from yunbox.kernel.errors import KernelError
from yunbox.services.datahub import faults
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.http.request import DhRequest, with_body
from yunbox.services.datahub.http.route import key, missing
from yunbox.services.datahub.http.routes import ROUTES
from yunbox.wire.app import Front
from yunbox.wire.datahub.compression import RAW_SIZE_HEADER, compress
from yunbox.wire.datahub.signing import claim_of
from yunbox.wire.http import Receive, Response, Scope, parse_request
from yunbox.wire.route import Route, Router


class DataHubFront(Front[DhRequest]):
    """The protocol of DataHub."""

    request_id_header = "x-datahub-request-id"

    def __init__(self, broker: Broker) -> None:
        super().__init__(Router((route.bound(broker) for route in ROUTES), key, missing))

    def target(self, scope: Scope, receive: Receive) -> DhRequest:
        """The request, whose body comes later."""
        return DhRequest(parse_request(scope, receive))

    def claim(self, request: DhRequest) -> Claim:
        """What the request says of who sent it."""
        http = request.request
        target = http.raw_path + (f"?{http.raw_query}" if http.raw_query else "")
        return claim_of(http.method, target, http.headers, http.peer)

    async def open(self, request: DhRequest) -> tuple[DhRequest, Route[DhRequest], Claim]:
        """The request with its body, which says what is meant; its route and its claim."""
        request = await with_body(request)
        return request, self.router.find(request), self.claim(request)

    def failure(self, error: KernelError, request: DhRequest | None, request_id: str, scope: Scope) -> Response:
        """An error's document."""
        status, code, message = faults.reply(error)
        document = {"RequestId": request_id, "ErrorCode": code, "ErrorMessage": message}
        return Response(status, {"Content-Type": "application/json"}, msgspec.json.encode(document))

    def finish(self, response: Response, request: DhRequest | None, request_id: str) -> Response:
        """The request's id, and the body in the coding that was asked for."""
        response.headers[self.request_id_header] = request_id
        body = response.body
        if request is not None and response.status < 400 and isinstance(body, bytes):
            wanted = request.request.headers.get("accept-encoding", "").strip().lower()
            packed = compress(body, wanted) if wanted else None
            if packed is not None:
                response.headers |= {"Content-Encoding": wanted, RAW_SIZE_HEADER: str(len(body))}
                response.body = packed
        return response
