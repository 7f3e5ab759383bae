"""The front answers whatever comes with an envelope: no request makes it hang, or answer with a bare error."""

import asyncio
import json
import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from yunbox.kernel.call import Claim, Operation
from yunbox.wire.app import HttpApp
from yunbox.wire.openapi.api import Api, action, json_body, resource
from yunbox.wire.openapi.front import OpenApiFront


@dataclass(frozen=True)
class Thing:
    """A parameter."""

    name: str = "x"


async def _run(_service: None, _call: Any) -> dict[str, Any]:
    return {"Done": True}


def _touches(_service: None, _params: Any) -> tuple:
    return ()


DO = Operation("shop", "DoThing", Thing, _run, _touches)
PUT = Operation("shop", "PutThing", dict, _run, _touches)
API = Api(
    "Shop", "2026-01-01",
    (action(DO), resource("PUT", "/things/{name}", PUT, lambda asked, values: {**json_body(asked), **values})),
)  # fmt: skip


async def _call(
    _service: Any, operation: Operation, read: Callable[[], Awaitable[Any]], claim: Claim, _request_id: str
) -> Any:
    """A spine that lets in whoever signs."""
    params = await read()
    return {"Done": operation.name, "Params": str(params), "Scheme": claim.scheme}


def ask(
    method: str, path: bytes, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> tuple[int, dict[str, bytes], bytes]:
    """The answer to a request."""
    app = HttpApp(OpenApiFront((API,)), _call)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    scope = {
        "type": "http", "method": method, "raw_path": path, "path": path.decode("latin-1"), "query_string": query,
        "headers": headers, "client": ("127.0.0.1", 1), "scheme": "http",
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    head = {name.decode(): value for name, value in sent[0]["headers"]}
    return sent[0]["status"], head, b"".join(event.get("body", b"") for event in sent[1:])


def envelope(head: dict[str, bytes], body: bytes) -> dict[str, Any]:
    """An answer's body, in whichever of the two forms."""
    kind = next(value for name, value in head.items() if name.lower() == "content-type")
    if b"xml" in kind:
        return {child.tag: child.text for child in ET.fromstring(body)}
    return json.loads(body)


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [b"authorization", b"x-acs-action", b"x-acs-version", b"x-acs-date", b"content-type", b"host", b"accept",
             b"x-acs-content-sha256", b"x-acs-signature-nonce", b"content-md5", b"date"]
        ),
        st.sampled_from(
            [b"", b"ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=b", b"ACS3-HMAC-SHA256 ,,=", b"acs a:b",
             b"acs", b"Basic x", b"DoThing", b"2026-01-01", b"application/x-www-form-urlencoded", b"text/xml",
             b"\xff\xfe"]
        ) | st.binary(max_size=20),
    ),
    max_size=6, unique_by=lambda pair: pair[0],
)  # fmt: skip
QUERIES = st.sampled_from(
    [b"", b"Action=DoThing&Version=2026-01-01", b"Action=DoThing&Version=2026-01-01&Signature=x", b"Name=a&Name=b",
     b"%ff%fe=%00", b"Action=DoThing&Version=2026-01-01&Format=XML&Signature=", b"&&=&", b"Signature"]
) | st.binary(max_size=40)  # fmt: skip
PATHS = st.sampled_from([b"/", b"/things/a", b"/things/%ff", b"//", b"/things/a/b", b"/%00"])


@given(st.sampled_from(["GET", "POST", "PUT", "DELETE"]), PATHS, QUERIES, HEADERS, st.binary(max_size=60))
def test_whatever_comes_is_answered(
    method: str, path: bytes, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    status, head, data = ask(method, path, query, headers, body)
    assert status < 500, data
    found = envelope(head, data)
    assert found["RequestId"]
    assert status == 200 or {"Code", "Message", "HostId"} <= set(found)


def test_a_body_has_an_end() -> None:
    status, head, data = ask("POST", b"/", b"Action=DoThing&Version=2026-01-01", [], b"x" * (3 * 1024 * 1024))
    assert (status, envelope(head, data)["Code"]) == (400, "InvalidParameter")


def test_a_resource_is_found_by_its_path() -> None:
    headers = [(b"x-acs-version", b"2026-01-01")]
    status, head, data = ask("PUT", b"/things/a%20b", b"", headers, b'{"size": 1}')
    assert (status, envelope(head, data)["Params"]) == (200, "{'size': 1, 'name': 'a b'}")
    status, head, data = ask("PUT", b"/nothing/a", b"", headers, b"")
    assert (status, envelope(head, data)["Code"]) == (404, "InvalidAction.NotFound")
    status, head, data = ask("PUT", b"/things/a", b"", headers, b"[1]")
    assert (status, envelope(head, data)["Code"]) == (400, "InvalidParameter.Body")
