"""The one front of all OpenAPI products: finds the product by version and action, or by version and path."""

import json
import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from yunbox.kernel import limits
from yunbox.kernel.call import Call, Claim, Operation
from yunbox.kernel.errors import InvalidArgument, KernelError, NotFound, Throttled
from yunbox.kernel.pace import Pace
from yunbox.wire.app import Front
from yunbox.wire.http import Receive, Request, Response, Scope, parse_request
from yunbox.wire.openapi.api import Api, Asked
from yunbox.wire.openapi.faults import Encoded, body_of
from yunbox.wire.openapi.signing import read_claim
from yunbox.wire.openapi.xml import answer
from yunbox.wire.route import Route, Router

_FORM = "application/x-www-form-urlencoded"
_PARAMETERS_MAX = 2000
_NONE = Api("OpenAPI", "", ())


class OpenApiFront(Front[Asked]):
    """Serves some APIs on one listener. An API's routes are bound to what they run on already; ``encoded`` seals what a
    denial was. With a ``pace`` each operation is called so often, and what comes faster is refused."""

    def __init__(self, apis: Iterable[Api], encoded: Encoded | None = None, pace: Pace | None = None) -> None:
        self._encoded = encoded
        self._apis: dict[str, list[Api]] = {}
        for api in apis:
            self._apis.setdefault(api.version, []).append(api)
        routes = [
            replace(route, key=(version, route.key), operation=_paced(route.operation, pace))
            for version, of in self._apis.items() for api in of for route in api.routes
        ]  # fmt: skip
        super().__init__(Router(routes, _key, self._missing))

    def target(self, scope: Scope, receive: Receive) -> Asked:
        """The action or the path that is asked for, in the headers or among the parameters of the URL."""
        request = parse_request(scope, receive)
        return _asked(request, dict(request.query))

    async def open(self, request: Asked) -> tuple[Asked, Route[Asked], Claim]:
        """The request with its body and its parameters, the route, and the claim, which may be of the body too."""
        body = await request.request.body.read(limits.OPENAPI_BODY_BYTES_MAX)
        form = _form(request.request, body)
        asked = replace(_asked(request.request, _once((*request.request.query, *form))), body=body, form=form)
        self._check_named(asked)
        return asked, self.router.find(asked), self.claim(asked)

    def claim(self, request: Asked) -> Claim:
        """What the signature says, in whichever style it is."""
        unsigned = request.action in self._api(request).unsigned
        return read_claim(request.request, request.form, request.body, unsigned=unsigned)

    def failure(self, error: KernelError, request: Asked | None, request_id: str, scope: Scope) -> Response:
        """The envelope of an error."""
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        status, body = body_of(error, self._api(request) if request else _NONE, request_id, host, self._encoded)
        response = _json(body, status)
        if "retry_after_s" in error.details:
            response.headers["x-acs-retry-after"] = str(error.details["retry_after_s"])
        return response

    def finish(self, response: Response, request: Asked | None, request_id: str) -> Response:
        """The request's id in the envelope too, and XML for who asks for it."""
        body = json.loads(response.body) if isinstance(response.body, bytes) else {}
        name = self._api(request).request_id_name if request and response.status < 400 else _NONE.request_id_name
        body = {name: request_id, **body}
        if request is not None and request.wants_xml:
            root = "Error" if response.status >= 400 else f"{request.action}Response"
            response.headers["Content-Type"] = "text/xml; charset=utf-8"
            response = replace(response, body=answer(root, body))
        else:
            response = replace(response, body=json.dumps(body).encode())
        return super().finish(response, request, request_id)

    def _api(self, request: Asked) -> Api:
        """The API that a request is about: of those of its version the one that has the route."""
        of = self._apis.get(request.version, [])
        wanted = _key(request)[1]
        having = (api for api in of for route in api.routes if route.key == wanted)
        return next(having, of[0] if of else _NONE)

    def _check_named(self, asked: Asked) -> None:
        """Refuse what names no API. Raises InvalidArgument."""
        if not asked.is_by_path and not asked.action:
            raise InvalidArgument("Action is mandatory for this action.", code="MissingAction")
        if not asked.version:
            raise InvalidArgument("Version is mandatory for this action.", code="MissingVersion")
        if asked.version not in self._apis:
            offered = ", ".join(sorted(f"{api.product} {api.version}" for of in self._apis.values() for api in of))
            raise InvalidArgument(f"Specified parameter Version is not valid: {offered}.", code="InvalidVersion")

    def _missing(self, asked: Asked) -> NotFound:
        what = f"{asked.request.method} {asked.request.raw_path}" if asked.is_by_path else asked.action
        product = self._api(asked).product
        return NotFound(
            f"Specified api is not found: Yunbox offers no {what[:128]} of {product} {asked.version}; "
            "see the coverage page.",
            code="InvalidAction.NotFound",
        )


def _paced(operation: Operation[Any, Any, Any], pace: Pace | None) -> Operation[Any, Any, Any]:
    """The same operation, which an account's callers together may call so often. Those who may not call it at all are
    not counted."""
    if pace is None:
        return operation
    admit = operation.admit

    def check(service: Any, call: Call[Any]) -> None:
        name = call.principal.account_id, operation.service, operation.name
        wait_s = pace.wait_s(name)
        if wait_s:
            raise Throttled(
                "Request was denied due to user flow control.", code="Throttling.User",
                retry_after_s=max(math.ceil(wait_s), 1),
            )  # fmt: skip
        pace.take(name)
        if admit is not None:
            admit(service, call)

    return replace(operation, admit=check)


def _asked(request: Request, parameters: Mapping[str, str]) -> Asked:
    headers = request.headers
    wanted = parameters.get("Format", "").upper()
    if not wanted and "Signature" not in parameters:  # headers say it where no parameter does
        wanted = "XML" if "xml" in headers.get("accept", "") and "json" not in headers.get("accept", "") else "JSON"
    return Asked(
        request,
        headers.get("x-acs-action") or parameters.get("Action", ""),
        headers.get("x-acs-version") or parameters.get("Version", ""),
        parameters,
        wants_xml=wanted != "JSON",
    )


def _key(asked: Asked) -> tuple[str, Hashable]:
    if asked.is_by_path:
        return asked.version, (asked.request.method, len(asked.request.segments))
    return asked.version, asked.action


def _form(request: Request, body: bytes) -> list[tuple[str, str]]:
    """The parameters of a form. Raises InvalidArgument for one that cannot be read."""
    if not request.headers.get("content-type", "").lower().startswith(_FORM):
        return []
    try:
        return parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=_PARAMETERS_MAX, errors="strict",
        )  # fmt: skip
    except ValueError:
        raise InvalidArgument("The body is no form that can be read.", code="InvalidParameter.Body") from None


def _once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Parameters by name. Raises InvalidArgument for one that is there twice: one of the two would be lost."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise InvalidArgument(f"The parameter {name} is given twice.", code=f"InvalidParameter.{name}")
        found[name] = value
    return found


def _json(body: Mapping[str, object], status: int) -> Response:
    return Response(status, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(body).encode())
