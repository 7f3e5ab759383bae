"""The vendor's SDKs on a server: RAM's and STS's of today, and the core SDK of before."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from alibabacloud_ram20150501 import models as ram_models
from alibabacloud_ram20150501.client import Client as RamClient
from alibabacloud_sts20150401 import models as sts_models
from alibabacloud_sts20150401.client import Client as StsClient
from alibabacloud_tea_openapi.models import Config
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest
from darabonba.exceptions import DaraException

from yunbox.testing.server import Server

TRUST_ACCOUNT = "acs:ram::{}:root"


@dataclass(frozen=True)
class Key:
    """A key pair, with a token where it is a temporary one."""

    id: str
    secret: str
    token: str | None = None


def config(server: Server, key: Key | None = None, endpoint: str = "openapi") -> Config:
    """What the SDKs of today want to know; without a key, the account's."""
    scheme, _, host = server.endpoints[endpoint].partition("://")
    key = key or Key(server.access_key_id, server.access_key_secret)
    return Config(
        access_key_id=key.id, access_key_secret=key.secret, security_token=key.token, endpoint=host, protocol=scheme
    )


def ram(server: Server, key: Key | None = None) -> RamClient:
    """RAM's client."""
    return RamClient(config(server, key))


def sts(server: Server, key: Key | None = None) -> StsClient:
    """STS's client."""
    return StsClient(config(server, key))


def core(server: Server, key: Key | None = None) -> AcsClient:
    """The core SDK's client."""
    return _core(key or Key(server.access_key_id, server.access_key_secret))


@cache
def _core(key: Key) -> AcsClient:
    """One for each key: it holds a connection, which it never lets go."""
    return AcsClient(key.id, key.secret, "cn-hangzhou", auto_retry=False)


def common(server: Server, action: str, version: str = "2015-05-01", **query: str) -> CommonRequest:
    """A request of the core SDK."""
    request = CommonRequest(domain=server.endpoints["openapi"].partition("://")[2], version=version, action_name=action)
    request.set_method("POST")
    request.set_protocol_type("http")
    for name, value in query.items():
        request.add_query_param(name, value)
    return request


def policy(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "1", "Statement": list(statements)})


def allow(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def trust(*principals: str, kind: str = "RAM", **more: Any) -> str:
    """A trust policy."""
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {kind: list(principals)}, **more}
    return json.dumps({"Version": "1", "Statement": [statement]})


def new_user(server: Server, name: str, *statements: dict[str, Any]) -> Key:
    """A user with a key, and a policy of these statements."""
    client = ram(server)
    client.create_user(ram_models.CreateUserRequest(user_name=name))
    if statements:
        client.create_policy(
            ram_models.CreatePolicyRequest(policy_name=f"of-{name}", policy_document=policy(*statements))
        )
        client.attach_policy_to_user(
            ram_models.AttachPolicyToUserRequest(policy_type="Custom", policy_name=f"of-{name}", user_name=name)
        )
    made = client.create_access_key(ram_models.CreateAccessKeyRequest(user_name=name)).body.access_key
    return Key(made.access_key_id, made.access_key_secret)


def assume(server: Server, key: Key, role: str, session: str = "session", **more: Any) -> Key:
    """The credentials of a role's session."""
    request = sts_models.AssumeRoleRequest(role_arn=role, role_session_name=session, **more)
    made = sts(server, key).assume_role(request).body.credentials
    return Key(made.access_key_id, made.access_key_secret, made.security_token)


def failure(call: Any, *args: Any) -> DaraException:
    """What a call of an SDK of today raises."""
    try:
        call(*args)
    except DaraException as error:
        return error
    raise AssertionError("the call was not refused")


def code(call: Any, *args: Any) -> str:
    """The code with which a call is refused."""
    return str(failure(call, *args).code)


def account(server: Server) -> str:
    """The account's uid."""
    return sts(server).get_caller_identity().body.account_id
