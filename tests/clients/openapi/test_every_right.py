"""Every operation of every product is refused to who has no rights, and allowed by the right of its name.

What an operation needs is built from its parameters' types, so that a new one is asked for here by itself; those that
take a body in JSON have one in ``BODIES``, where nothing in it is no body of theirs.
"""

import json
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from tests.clients.openapi.clients import Key, allow, new_user
from tests.clients.openapi.signed import ACS3, RPC, Signed
from yunbox.services.actiontrail.declaration import API as ACTIONTRAIL_API
from yunbox.services.hologres.instances.api import API as HOLOGRAM_API
from yunbox.services.maxcompute.management.api import API as MAXCOMPUTE_API
from yunbox.services.ram.apis import IMS_API, RAM_API, RESOURCE_MANAGER_API
from yunbox.services.vpc.apis import API as VPC_API
from yunbox.services.vpc.apis import ECS_API
from yunbox.testing.server import Server
from yunbox.wire.openapi.api import Api, Asked
from yunbox.wire.openapi.parameters import capitals
from yunbox.wire.route import Route

VALUES = {
    "policy_type": "Custom", "resource_type": "role", "status": "Active", "version_id": "v1", "user_name": "somebody",
    "password": "Correct-Horse-9", "tag": '[{"Key":"k","Value":"v"}]', "resource_names": '["x"]', "tag_keys": '["k"]',
    "region_id": "cn-hangzhou", "resource_id": '["x"]',
}  # fmt: skip
BODIES: dict[str, Any] = {
    "CreateInstance": {"regionId": "cn-hangzhou"},
    "hologram:TagResources": {"resourceIds": ["x"], "tags": [{"key": "k", "value": "v"}]},
    "hologram:UntagResources": {"resourceIds": ["x"], "tagKeys": ["k"]},
    "CreateProject": {"name": "nowhere"},
    "ListJobInfos": {"from": 1, "to": 2},
    "KillJobs": [{"projectName": "x", "instanceId": "x"}],
    "maxcompute:TagResources": {"ResourceId": ["x"], "ResourceType": "project", "Tag": [{"Key": "k", "Value": "v"}]},
}
QUERIES = {
    "GetRunningJobs": {"from": "1", "to": "2"},
    "maxcompute:UntagResources": {"ResourceId": "x", "ResourceType": "project", "TagKey": "k"},
    "maxcompute:ListTagResources": {"ResourceId": "x", "ResourceType": "project"},
}
ANYBODY_S = {"ChangePassword"}
"""One's own password is one's own business."""
APIS = (RAM_API, IMS_API, RESOURCE_MANAGER_API, ACTIONTRAIL_API, VPC_API, ECS_API, MAXCOMPUTE_API, HOLOGRAM_API)
TAGGED = {VPC_API.product: "VPC", ECS_API.product: "securitygroup"}
DENIED = dict.fromkeys((VPC_API.product, ECS_API.product), "Forbidden.RAM")
ALL = [(api, route) for api in APIS for route in api.routes if route.operation.name not in ANYBODY_S]
IDS = [f"{api.product}-{route.operation.name}" for api, route in ALL]


@pytest.fixture(scope="module")
def nobody(server: Server) -> Key:
    return new_user(server, "nobody")


def parameters(api: Api, kind: Any) -> dict[str, str]:
    """What an operation cannot do without, and whose it is about."""
    if kind is NoneType:
        return {}
    hints = get_type_hints(kind)
    needed = [
        field.name for field in fields(kind)
        if (field.default is MISSING and field.default_factory is MISSING) or field.name == "user_name"
    ]  # fmt: skip
    return {capitals(name): value(api, name, hints[name]) for name in needed}


def value(api: Api, name: str, kind: Any) -> str:
    if name == "resource_type" and api.product in TAGGED:
        return TAGGED[api.product]
    if kind is bool:
        return "true"
    if get_origin(kind) is tuple and is_dataclass(inner := get_args(kind)[0]):
        return VALUES.get(name) or json.dumps([parameters(api, inner)])
    if get_origin(kind) is tuple:
        return VALUES.get(name) or '["x"]'
    return VALUES.get(name, "1" if kind is int else "x")


def asked(server: Server, key: Key, api: Api, route: Route[Asked]) -> tuple[int, dict]:
    operation = route.operation
    made = Signed(server.endpoints["openapi"], key.id, key.secret, action=operation.name, version=api.version)
    if not route.path:
        made.query = parameters(api, operation.params)
        return made.send(RPC)
    method, _ = route.key  # ty: ignore[not-iterable]
    made.method, made.path = method, "/".join("x" if part[:1] == "{" else part for part in route.path.split("/"))
    body, made.query = (
        of.get(f"{operation.service}:{operation.name}", of.get(operation.name, {})) for of in (BODIES, QUERIES)
    )
    made.body = json.dumps(body).encode() if method != "GET" else b""
    return made.send(ACS3)


@pytest.mark.parametrize(("api", "route"), ALL, ids=IDS)
def test_without_rights_nothing_is_done(server: Server, nobody: Key, api: Api, route: Route[Asked]) -> None:
    status, body = asked(server, nobody, api, route)
    code = body.get("Code") or body["code"]
    assert (status, code) == (403, DENIED.get(api.product, "NoPermission")), body
    detail = body.get("AccessDeniedDetail") or body["accessDeniedDetail"]
    assert detail["AuthAction"].partition(":")[2] == route.operation.name


def test_the_right_of_its_name_opens_an_operation(server: Server) -> None:
    rights = sorted({f"{right(api)}:{route.operation.name}" for api, route in ALL if api is not ACTIONTRAIL_API})
    for number in range(0, len(rights), 40):  # a document has an end
        own = rights[number : number + 40]
        key = new_user(server, f"all-{number}", allow(*own))
        for api, route in ALL:
            if f"{right(api)}:{route.operation.name}" in own:
                _, body = asked(server, key, api, route)
                assert body.get("Code") not in ("NoPermission", "Forbidden.RAM"), route.operation.name


def right(api: Api) -> str:
    """What the rights of a product begin with."""
    return {"MaxCompute": "odps", "Ims": "ram", "ResourceManager": "ram"}.get(api.product, api.product.lower())
