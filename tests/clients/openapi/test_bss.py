"""The user center: Terraform's provider asks it for what was bought ahead, which is nothing."""

import pytest

from tests.clients.openapi.clients import Key, allow, new_user
from tests.clients.openapi.signed import ACS3, RPC, Signed
from yunbox.testing.server import Server

ASKED = {"ProductCode": "vipcloudfw", "ProductType": "vipcloudfw", "SubscriptionType": "Subscription"}


def query(server: Server, key: Key, style: str, **more: str) -> tuple[int, dict]:
    made = Signed(
        server.endpoints["openapi"], key.id, key.secret, action="QueryAvailableInstances", version="2017-12-14",
        query={**ASKED, **more},
    )  # fmt: skip
    return made.send(style)


@pytest.mark.parametrize("style", [ACS3, RPC])
def test_nothing_was_bought_ahead(server: Server, style: str) -> None:
    account = Key(server.access_key_id, server.access_key_secret)
    status, body = query(server, account, style, PageNum="2", PageSize="50")
    assert (status, body["Code"], body["Success"]) == (200, "Success", True)
    assert body["Data"] == {"PageNum": 2, "PageSize": 50, "TotalCount": 0, "InstanceList": []}
    assert query(server, account, style, PageSize="301")[1]["Code"] == "InvalidParameter.PageSize"


def test_it_takes_a_right(server: Server) -> None:
    assert query(server, new_user(server, "no-buyer"), RPC)[0] == 403
    buyer = new_user(server, "buyer", allow("bssapi:QueryAvailableInstances"))
    assert query(server, buyer, RPC)[0] == 200
