"""A limit of calls a second: refused with Throttling.User, and when to come again in the words the SDK reads."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alibabacloud_ram20150501 import models as m
from alibabacloud_tea_openapi.exceptions import ThrottlingException

from tests.clients.openapi.clients import failure, new_user, ram
from tests.waiting import until
from yunbox.testing.server import Server


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path / "data", options=("--openapi-limit", "2")) as running:
        yield running


def test_what_comes_too_fast_is_told_when_to_come_again(limited: Server) -> None:
    client = ram(limited)
    error = None
    started = time.monotonic()
    for _ in range(200):
        try:
            client.list_users(m.ListUsersRequest())
        except ThrottlingException as caught:
            error = caught
            break
    assert error is not None, f"200 calls in {time.monotonic() - started} s passed"
    assert (error.code, error.status_code, error.retry_after) == ("Throttling.User", 400, 1)
    assert client.list_groups(m.ListGroupsRequest()).body.request_id, "other operations have a limit of their own"
    until(lambda: _passes(limited))


def _passes(server: Server) -> bool:
    try:
        ram(server).list_users(m.ListUsersRequest())
    except ThrottlingException:
        return False
    return True


def test_who_may_not_takes_nobody_s_share(limited: Server) -> None:
    key = new_user(limited, "nobody")
    for _ in range(20):
        assert failure(ram(limited, key).list_users, m.ListUsersRequest()).code == "NoPermission"
    assert ram(limited).list_users(m.ListUsersRequest()).body.users.user
