"""Every route of Flink's two interfaces asks whether one may, and takes no damaged body for another."""

import http.client
import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.clients.ram import new_user
from yunbox.services.flink.http.gateway_api import ROUTES as GATEWAY
from yunbox.services.flink.http.jobmanager_api import ROUTES as JOBMANAGER
from yunbox.testing.server import Server

PATHS = {
    "flink": (
        ("GET", "/v1/info"), ("GET", "/v4/api_versions"), ("POST", "/sessions"), ("GET", "/v2/sessions/s"),
        ("DELETE", "/v2/sessions/s"), ("POST", "/v2/sessions/s/configure-session"),
        ("POST", "/v1/sessions/s/heartbeat"),
        ("GET", "/v1/sessions/s/complete-statement"), ("POST", "/v3/sessions/s/statements"),
        ("GET", "/v1/sessions/s/operations/o/status"), ("POST", "/v1/sessions/s/operations/o/cancel"),
        ("DELETE", "/v1/sessions/s/operations/o/close"), ("GET", "/v1/sessions/s/operations/o/result/0"),
    ),
    "flink_jobmanager": (
        ("GET", "/overview"), ("GET", "/v1/config"), ("GET", "/jobs"), ("GET", "/jobs/overview"), ("GET", "/jobs/j"),
        ("GET", "/jobs/j/exceptions"), ("GET", "/jobs/j/checkpoints"), ("GET", "/jobs/j/config"),
        ("GET", "/jobs/j/metrics"), ("PATCH", "/jobs/j"), ("POST", "/jobs/j/stop"), ("POST", "/jobs/j/savepoints"),
        ("GET", "/jobs/j/savepoints/t"),
    ),
}  # fmt: skip
CASES = [(endpoint, method, path) for endpoint, paths in PATHS.items() for method, path in paths]
DAMAGED = [b"{", b"[]", b'"x"', b"\xff\xfe", b'{"sessionName": 7, "statement": {}, "targetDirectory": []}']


@pytest.fixture(scope="module")
def nobody(server: Server) -> str:
    """A RAM user without any policy, as HTTP has it."""
    return "Basic " + b64encode(":".join(new_user(server, "flink-nobody")).encode()).decode()


@pytest.fixture
def lines(server: Server) -> Iterator[dict[str, http.client.HTTPConnection]]:
    made = {}
    for endpoint in PATHS:
        at = urlsplit(server.endpoints[endpoint])
        made[endpoint] = http.client.HTTPConnection(at.hostname or "", at.port, timeout=30)
    yield made
    for line in made.values():
        line.close()


def ask(line: http.client.HTTPConnection, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
    line.request(method, path, body, headers)
    answer = line.getresponse()
    return answer.status, json.loads(answer.read() or b"{}")


def test_all_are_here() -> None:
    assert len(PATHS["flink"]) * 5 == len(GATEWAY)
    assert len(PATHS["flink_jobmanager"]) * 2 == len(JOBMANAGER)


@pytest.mark.parametrize(("endpoint", "method", "path"), CASES)
def test_who_has_no_right(
    lines: dict[str, http.client.HTTPConnection], nobody: str, endpoint: str, method: str, path: str
) -> None:
    status, answer = ask(lines[endpoint], method, path, Authorization=nobody)
    assert (status, list(answer)) == (403, ["errors"])
    assert "stream:" in answer["errors"][0]


@pytest.mark.parametrize(("endpoint", "method", "path"), CASES)
def test_damaged_bodies(lines: dict[str, http.client.HTTPConnection], endpoint: str, method: str, path: str) -> None:
    """They are refused, or what they are about is not there; nothing hangs, and nothing is an error of ours."""
    for body in DAMAGED:
        status, answer = ask(lines[endpoint], method, path, body)
        assert status in (200, 400, 404, 500), answer
        assert status != 500 or "does not exist" in answer["errors"][1], answer
