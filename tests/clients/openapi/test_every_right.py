"""Every operation of RAM, IMS and ActionTrail is refused to who has no rights, and allowed by the right of its name.

What an operation needs is built from its parameters' types, so that a new one is asked for here by itself.
"""

from dataclasses import MISSING, fields
from types import NoneType
from typing import Any, get_type_hints

import pytest

from tests.clients.openapi.clients import Key, allow, new_user
from tests.clients.openapi.signed import RPC, Signed
from yunbox.kernel.call import Operation
from yunbox.services.actiontrail.declaration import API as ACTIONTRAIL_API
from yunbox.services.ram.apis import IMS_API, RAM_API
from yunbox.testing.server import Server
from yunbox.wire.openapi.api import Api
from yunbox.wire.openapi.parameters import capitals

VALUES = {
    "policy_type": "Custom", "resource_type": "role", "status": "Active", "version_id": "v1", "user_name": "somebody",
    "password": "Correct-Horse-9", "tag": '[{"Key":"k","Value":"v"}]', "resource_names": '["x"]', "tag_keys": '["k"]',
}  # fmt: skip
ANYBODY_S = {"ChangePassword"}
"""One's own password is one's own business."""
ROUTES = [(api, route.operation) for api in (RAM_API, IMS_API, ACTIONTRAIL_API) for route in api.routes]
ALL = [one for one in ROUTES if one[1].name not in ANYBODY_S]


@pytest.fixture(scope="module")
def nobody(server: Server) -> Key:
    return new_user(server, "nobody")


def parameters(operation: Operation[Any, Any, Any]) -> dict[str, str]:
    """What the operation cannot do without, and whose it is about."""
    kind = operation.params
    if kind is NoneType:
        return {}
    hints = get_type_hints(kind)
    needed = [
        field.name for field in fields(kind)
        if (field.default is MISSING and field.default_factory is MISSING) or field.name == "user_name"
    ]  # fmt: skip
    return {capitals(name): VALUES.get(name, "1" if hints[name] is int else "x") for name in needed}


def asked(server: Server, key: Key, api: Api, operation: Operation[Any, Any, Any]) -> tuple[int, dict]:
    query = parameters(operation)
    made = Signed(server.endpoints["openapi"], key.id, key.secret, action=operation.name, version=api.version)
    made.query = query
    return made.send(RPC)


@pytest.mark.parametrize(("api", "operation"), ALL, ids=[operation.name for _, operation in ALL])
def test_without_rights_nothing_is_done(server: Server, nobody: Key, api: Api, operation: Operation) -> None:
    status, body = asked(server, nobody, api, operation)
    assert (status, body["Code"]) == (403, "NoPermission"), body
    assert body["AccessDeniedDetail"]["AuthAction"].partition(":")[2] == operation.name


def test_the_right_of_its_name_opens_an_operation(server: Server) -> None:
    rights = [f"ram:{operation.name}" for _, operation in ALL if operation.service == "ram"]
    for number in range(0, len(rights), 40):  # a document has an end
        key = new_user(server, f"all-{number}", allow(*rights[number : number + 40]))
        for api, operation in ALL:
            if f"ram:{operation.name}" in rights[number : number + 40]:
                _, body = asked(server, key, api, operation)
                assert body.get("Code") != "NoPermission", operation.name
