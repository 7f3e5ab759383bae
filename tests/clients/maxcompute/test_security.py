"""In-project security through PyODPS: users, roles, grants and policies decide what a RAM user may do."""

import json
from collections.abc import Callable

import pytest
from odps import ODPS, errors
from odps.accounts import BearerTokenAccount

from yunbox.testing.server import Server

Cli = Callable[..., str]
Connect = Callable[..., ODPS]


@pytest.fixture
def alice(cli: Cli, connect: Connect, project: str) -> tuple[str, ODPS]:
    """A RAM user without any policy, and her connection."""
    name = f"alice-{project}"
    cli("ram", "create-user", name)
    key = json.loads(cli("ram", "--output", "json", "create-key", name))
    return name, connect(project, key=(key["access_key_id"], key["access_key_secret"]))


def query(o: ODPS, text: str) -> dict:
    return o.run_security_query(text)


def test_whoami(o: ODPS, alice: tuple[str, ODPS]) -> None:
    assert query(o, "whoami")["DisplayName"].startswith("ALIYUN$")
    assert query(alice[1], "whoami;")["DisplayName"].endswith(f":{alice[0]}")


def test_users_and_roles_come_and_go(o: ODPS, alice: tuple[str, ODPS]) -> None:
    project, name = o.get_project(), alice[0]
    user = project.users.create(name)
    assert [u.display_name.rpartition(":")[2] for u in project.users] == [name]
    assert user in project.users
    role = project.roles.create("worker")
    assert {r.name for r in project.roles} >= {"admin", "worker"}
    role.grant_to(name)
    assert [u.display_name.rpartition(":")[2] for u in role.users] == [name]
    assert [r.name for r in project.users[name].roles] == ["worker"]
    with pytest.raises(errors.ODPSError, match="still granted"):
        project.run_security_query("drop role worker")
    role.revoke_from(name)
    project.run_security_query("drop role worker")
    assert "worker" not in project.roles
    project.run_security_query(f"remove user {name}")
    assert query(o, "list users") == {"Users": []}


def test_a_grant_opens_just_what_it_names(o: ODPS, alice: tuple[str, ODPS]) -> None:
    name, hers = alice
    for table in ("t", "secret"):
        o.execute_sql(f"create table {table} as select 1 as a")
    with pytest.raises(errors.NoPermission):
        hers.get_table("t").reload()
    query(o, f"add user {name}")
    query(o, f"grant CreateInstance, List on project {o.project} to user {name}")
    query(o, f"grant Describe, Select on table t to user {name}")
    with hers.execute_sql("select a from t").open_reader() as reader:
        assert [r.a for r in reader] == [1]
    with pytest.raises(errors.ODPSError, match=r"secret|NoPermission"):
        hers.execute_sql("select a from secret")
    with pytest.raises(errors.NoPermission):
        hers.get_table("t").open_reader()
    query(o, f"revoke Select on table t from user {name}")
    with pytest.raises(errors.ODPSError):
        hers.execute_sql("select a from t")


def test_a_role_carries_grants_and_a_policy(o: ODPS, alice: tuple[str, ODPS]) -> None:
    name, hers = alice
    o.execute_sql("create table t as select 1 as a")
    query(o, f"add user {name}")
    query(o, "create role reader")
    query(o, "grant Describe, Download on table t to role reader")
    query(o, f"grant reader to {name}")
    with hers.get_table("t").open_reader() as reader:
        assert reader.count == 1
    deny = {"Effect": "Deny", "Action": ["odps:Download"], "Resource": [f"acs:odps:*:projects/{o.project}/tables/*"]}
    role = o.get_project().roles["reader"]
    role.policy = {"Version": "1", "Statement": [deny]}
    assert role.policy["Statement"][0]["Effect"] == "Deny"
    with pytest.raises(errors.NoPermission):
        hers.get_table("t").open_reader(reopen=True)
    shown = query(o, f"show grants for {name}")
    assert shown["Roles"] == ["reader"]
    assert shown["ACL"]["role/reader"] == {f"projects/{o.project}/tables/t": ["Describe", "Download"]}
    assert query(hers, "show grants") == shown


def test_admins_may_do_everything_in_their_project_only(o: ODPS, alice: tuple[str, ODPS], connect: Connect) -> None:
    name, hers = alice
    query(o, f"add user {name}")
    query(o, f"grant admin to {name}")
    hers.execute_sql("create table hers as select 1 as a")
    query(hers, "create role made_by_her")
    with pytest.raises(errors.ODPSError):
        hers.execute_sql("select 1", project=connect().project)


@pytest.mark.parametrize("text", ["add user {name}", "create role r", "grant admin to {name}", "list users"])
def test_nobody_grants_themselves(alice: tuple[str, ODPS], o: ODPS, text: str) -> None:
    name, hers = alice
    query(o, f"add user {name}")
    query(o, f"grant Read, Write, CreateInstance on project {o.project} to user {name}")
    with pytest.raises(errors.NoPermission):
        query(hers, text.format(name=name))


def test_what_is_not_there_is_named(o: ODPS) -> None:
    with pytest.raises(errors.ODPSError, match="INSTALL or UNINSTALL PACKAGE"):
        query(o, "install package p.pkg")
    with pytest.raises(errors.NoSuchObject):
        query(o, "grant nobody_role to nobody")
    with pytest.raises(errors.ODPSError, match="no privilege"):
        query(o, f"grant Fly on project {o.project} to role admin")


def test_the_project_policy(o: ODPS, alice: tuple[str, ODPS]) -> None:
    o.execute_sql("create table t as select 1 as a")
    allow = {
        "Effect": "Allow",
        "Principal": [f"RAM${query(o, 'whoami')['DisplayName'].partition('$')[2]}:{alice[0]}"],
        "Action": ["odps:Describe"],
        "Resource": [f"acs:odps:*:projects/{o.project}/tables/t"],
    }
    o.get_project().policy = {"Version": "1", "Statement": [allow]}
    assert alice[1].get_table("t").table_schema.names == ["a"]
    assert o.get_project().policy["Statement"][0]["Effect"] == "Allow"


def test_a_bearer_token_does_what_its_policy_says(o: ODPS, server: Server) -> None:
    o.execute_sql("create table t as select 1 as a")
    policy = {
        "Version": "1",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["odps:Describe", "odps:Read"],
                "Resource": f"acs:odps:*:projects/{o.project}*",
            }
        ],
    }
    token = o.get_project().generate_auth_token(policy, "bearer", 1)
    theirs = ODPS(account=BearerTokenAccount(token), project=o.project, endpoint=server.endpoint)
    assert theirs.get_table("t").table_schema.names == ["a"]
    with pytest.raises(errors.NoPermission):
        theirs.execute_sql("select 1")


def test_the_security_configuration(o: ODPS) -> None:
    options = o.get_project().security_options if hasattr(o.get_project(), "security_options") else None
    options = options or o.get_security_options()
    assert options.check_permission_using_acl is True
    options.update()
    options.label_security = True
    with pytest.raises(errors.ODPSError, match="LabelSecurity"):
        options.update()


def test_quotas(o: ODPS) -> None:
    quota = o.get_quota("os_PayAsYouGoQuota")
    assert quota.nickname == "os_PayAsYouGoQuota"
    assert [q.nickname for q in o.list_quotas()] == ["os_PayAsYouGoQuota"]


def test_who_has_what_on_an_object_and_how_a_project_is_secured(o: ODPS, alice: tuple[str, ODPS]) -> None:
    name = alice[0]
    o.create_table("t", "a bigint")
    query(o, f"add user {name}")
    query(o, "create role reader")
    query(o, f"grant Select, Describe on table t to user {name}")
    query(o, "grant Select on table t to role reader")
    table = f"projects/{o.project}/tables/t"
    found = query(o, "show acl for t on type table")["ACL"]
    assert {grantee.rpartition(":")[2]: objects for grantee, objects in found.items()} == {
        "role/reader": {table: ["Select"]}, name: {table: ["Describe", "Select"]}
    }  # fmt: skip
    assert query(o, f"show acl for {o.project}.t") == {"ACL": found}
    assert query(o, "show acl for nothing") == {"ACL": {}}
    assert query(o, "show SecurityConfiguration")["ObjectCreatorHasAccessPermission"] == "true"
