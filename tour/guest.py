"""Whom the tour is told as: a role's session, whose credentials the vendor's own library finds and renews.

The account's key is used to make the role, and to put it on Hologres' list of users. What knows no temporary
credentials - Kafka's clients, and connectors of Flink, whose jobs outlive any session - gets the key of a user who may
do no more than that.
"""

import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

from yunbox.testing.server import Server

ROLE, STREAMER = "guide", "streamer"
POLICIES = (
    "AliyunMaxComputeFullAccess", "AliyunOSSFullAccess", "AliyunHologresFullAccess", "AliyunDataHubFullAccess",
    "AliyunStreamFullAccess", "AliyunRAMFullAccess",
)  # fmt: skip
STREAMS = ("AliyunDataHubFullAccess", "AliyunHologresFullAccess")
TRUST = (
    '{"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
    '"Principal": {"Service": ["ecs.aliyuncs.com"]}}]}'
)
_HOLD = "import os, sys; print(os.environ['ALIBABA_CLOUD_CREDENTIALS_URI'], flush=True); sys.stdin.read()"


@dataclass(frozen=True)
class Key:
    """A key pair, with a token where it is a temporary one."""

    id: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass
class Guest:
    """The role's session while the tour lasts, and the key of the user for streams."""

    server: Server
    streamer: Key
    credentials: Any
    _names: tuple[str, str]
    _holder: "subprocess.Popen[str]"
    _is_known_to_hologres: bool = False

    @property
    def key(self) -> Key:
        """The session's credentials, as they are now."""
        found = self.credentials.get_credential()
        return Key(found.access_key_id, found.access_key_secret, found.security_token)

    @property
    def environment(self) -> dict[str, str]:
        """The same for a command that looks for them in its environment."""
        key = self.key
        prefix = "ALIBABA_CLOUD"
        return {
            f"{prefix}_ACCESS_KEY_ID": key.id,
            f"{prefix}_ACCESS_KEY_SECRET": key.secret,
            f"{prefix}_SECURITY_TOKEN": key.token,
        }

    def odps(self, project: str = "") -> Any:
        """PyODPS as the role."""
        from odps import ODPS
        from odps.accounts import CredentialProviderAccount

        account = CredentialProviderAccount(self.credentials)
        return ODPS(account=account, project=project or self.server.project, endpoint=self.server.endpoint)

    def oss(self) -> Any:
        """The vendor's client of OSS as the role."""
        import alibabacloud_oss_v2 as oss

        def credentials() -> Any:
            key = self.key
            return oss.credentials.Credentials(key.id, key.secret, key.token)

        config = oss.config.load_default()
        config.credentials_provider = oss.credentials.CredentialsProviderFunc(credentials)
        config.region, config.endpoint = self.server.region, self.server.endpoints["oss"]
        return oss.Client(config)

    def hologres(self) -> Any:
        """psycopg as the role."""
        import psycopg

        self._meet_hologres()
        key = self.key
        who = {"user": key.id, "password": key.secret, "options": f"sts_token={key.token}"}
        return psycopg.connect(**self.server.endpoints["hologres"], **who, autocommit=True)

    def _meet_hologres(self) -> None:
        """Hologres has a list of its users, on which the account puts them."""
        import psycopg

        if not self._is_known_to_hologres:
            owner = {"user": self.server.access_key_id, "password": self.server.access_key_secret}
            with psycopg.connect(**self.server.endpoints["hologres"], **owner, autocommit=True) as client:
                for name in self._names:
                    client.execute(f'CREATE USER "{name}" SUPERUSER')
            self._is_known_to_hologres = True

    def ram(self) -> Any:
        """RAM's SDK as the role."""
        return _ram(self.server, credential=self.credentials)

    def leave(self) -> None:
        """Let the credentials be nobody's any more."""
        assert self._holder.stdin is not None
        self._holder.stdin.close()
        self._holder.wait()


def enter(server: Server) -> Guest:
    """Make the role and the user by RAM's SDK, and find credentials of the role."""
    from alibabacloud_credentials.client import Client
    from alibabacloud_credentials.models import Config
    from alibabacloud_ram20150501 import models as ram

    owner = _ram(server, access_key_id=server.access_key_id, access_key_secret=server.access_key_secret)
    request = ram.CreateRoleRequest(role_name=ROLE, assume_role_policy_document=TRUST)
    role = owner.create_role(request).body.role
    for name in POLICIES:
        owner.attach_policy_to_role(
            ram.AttachPolicyToRoleRequest(policy_type="System", policy_name=name, role_name=ROLE)
        )
    user = owner.create_user(ram.CreateUserRequest(user_name=STREAMER)).body.user
    for name in STREAMS:
        owner.attach_policy_to_user(
            ram.AttachPolicyToUserRequest(policy_type="System", policy_name=name, user_name=STREAMER)
        )
    made = owner.create_access_key(ram.CreateAccessKeyRequest(user_name=STREAMER)).body.access_key
    holder, uri = _held(server)
    credentials = Client(Config(type="credentials_uri", credentials_uri=uri))
    streamer = Key(made.access_key_id, made.access_key_secret)
    return Guest(server, streamer, credentials, (f"v4_{role.role_id}", f"p4_{user.user_id}"), holder)


def _held(server: Server) -> "tuple[subprocess.Popen[str], str]":
    """A command that runs with the role for as long as the tour does, and where its credentials are."""
    command = [sys.executable, "-m", "yunbox", "run", "--data", str(server.data), "--role", ROLE]
    holder = subprocess.Popen(
        [*command, "--", sys.executable, "-c", _HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    uri = holder.stdout.readline().strip()
    if not uri:
        raise RuntimeError("no credentials for the role")
    return holder, uri


def _ram(server: Server, **who: Any) -> Any:
    from alibabacloud_ram20150501.client import Client
    from alibabacloud_tea_openapi.models import Config

    return Client(Config(endpoint=server.endpoints["openapi"].partition("://")[2], protocol="http", **who))
