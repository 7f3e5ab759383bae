"""Sessions of RAM roles, by temporary credentials: who they are, and that they end when the role's rights do."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from alibabacloud_ram20150501 import models as ram_models

from tests.clients.hologres.clients import account_id, connected
from tests.clients.openapi.clients import Key, allow, assume, new_user, policy, ram, trust
from yunbox.testing.server import Server

WITHIN_S = 1.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("roles") / "data") as running:
        yield running


def new_role(server: Server, name: str) -> str:
    """A role that may connect, and is a user of the instance; returns its id."""
    client = ram(server)
    account = account_id(server)
    made = client.create_role(
        ram_models.CreateRoleRequest(role_name=name, assume_role_policy_document=trust(f"acs:ram::{account}:root"))
    ).body.role
    client.create_policy(
        ram_models.CreatePolicyRequest(policy_name=f"of-{name}", policy_document=policy(allow("hologram:GetInstance")))
    )
    attach(server, name)
    with connected(server) as db:
        db.execute(f'create user "RAM$role/{name}"')
    return made.role_id


def attach(server: Server, name: str) -> None:
    ram(server).attach_policy_to_role(
        ram_models.AttachPolicyToRoleRequest(policy_type="Custom", policy_name=f"of-{name}", role_name=name)
    )


def session(server: Server, name: str) -> psycopg.Connection[Any]:
    """A connection of the role, by STS."""
    client = ram(server)
    user = f"who-assumes-{name}"
    key = new_user(server, user, allow("sts:AssumeRole"))
    arn = client.get_role(ram_models.GetRoleRequest(role_name=name)).body.role.arn
    made: Key = assume(server, key, arn)
    return connected(server, (made.id, made.secret), options=f"sts_token={made.token}")


def test_a_role_s_session_is_a_user_by_the_role_s_number(server: Server) -> None:
    number = new_role(server, "seen")
    with session(server, "seen") as db:
        assert db.execute("select current_user").fetchone() == (f"v4_{number}",)
    with connected(server) as db:
        db.execute(f'grant create on schema public to "v4_{number}"')
    with session_again(server, "seen") as db:
        db.execute("create table seen (n int primary key)")
        assert db.execute("select tableowner from pg_tables where tablename = 'seen'").fetchone() == (f"v4_{number}",)


def session_again(server: Server, name: str) -> psycopg.Connection[Any]:
    """Another connection of the role, assumed by the account's other user."""
    arn = ram(server).get_role(ram_models.GetRoleRequest(role_name=name)).body.role.arn
    made = assume(server, new_user(server, f"again-{name}", allow("sts:AssumeRole")), arn)
    return connected(server, (made.id, made.secret), options=f"sts_token={made.token}")


def _detach(server: Server, name: str) -> None:
    ram(server).detach_policy_from_role(
        ram_models.DetachPolicyFromRoleRequest(policy_type="Custom", policy_name=f"of-{name}", role_name=name)
    )


def _delete(server: Server, name: str) -> None:
    _detach(server, name)
    ram(server).delete_role(ram_models.DeleteRoleRequest(role_name=name))


def _another_default(server: Server, name: str) -> None:
    document = policy(allow("oss:GetObject"))
    ram(server).create_policy_version(
        ram_models.CreatePolicyVersionRequest(policy_name=f"of-{name}", policy_document=document, set_as_default=True)
    )


@pytest.mark.parametrize("revoke", [_detach, _delete, _another_default], ids=["detached", "deleted", "version"])
@pytest.mark.parametrize("statement", ["select 1", "select count(*) from pg_class"], ids=["quick", "engine"])
def test_what_is_taken_from_a_role_is_taken_from_its_open_sessions(
    server: Server, revoke: Callable[[Server, str], None], statement: str
) -> None:
    name = f"revoked-{revoke.__name__.strip('_')}-{len(statement)}".replace("_", "-")
    new_role(server, name)
    with session(server, name) as db:
        assert db.execute(statement).fetchone() is not None
        revoke(server, name)
        deadline = time.monotonic() + WITHIN_S
        while True:
            try:
                db.execute(statement)
            except psycopg.Error as error:
                assert isinstance(error, psycopg.errors.InsufficientPrivilege | psycopg.OperationalError), error
                break
            assert time.monotonic() < deadline, "the session goes on as if it had the right"
