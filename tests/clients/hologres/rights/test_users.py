"""RAM users log in by their AccessKeys, as users of the instance, and may what was granted to them in SQL."""

import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.clients.hologres.clients import Key, account_id, allow, connected, made_user, raw, role_of
from tests.clients.ram import ram
from tests.unit.services.hologres.raw import fields
from yunbox.testing.server import Server


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own with two gateways, as roles are the whole instance's."""
    with Server(tmp_path_factory.mktemp("users"), options=("--hologres-gateways", "2")) as made:
        yield made


@pytest.fixture
def boss(own: Server) -> Iterator[psycopg.Connection]:
    with connected(own) as made:
        yield made


def told(server: Server, key: Key) -> dict[str, str]:
    """What one is told who does not come in."""
    client = raw(server, key)
    with client.sock:
        kind, body = client.greeting[-1]
    assert kind == "E"
    return fields(body)


def test_a_ram_user_is_no_user_of_the_instance_before_it_is_made_one(own: Server, boss: psycopg.Connection) -> None:
    key = made_user(own, "stranger", allow(), added=False)
    said = told(own, key)
    shown = boss.execute("select user_display_name(current_user)").fetchone()
    assert shown is not None
    account = shown[0].removeprefix("ALIYUN$")
    assert (said["S"], said["C"], said["M"]) == ("FATAL", "28000", f'role "RAM${account}:stranger" does not exist')
    assert f'CREATE USER "{role_of(own, "stranger")}"' in said["H"]
    boss.execute(f'create user "RAM${account}:stranger"')
    with connected(own, key) as client:
        role = role_of(own, "stranger")
        assert client.execute("select current_user, session_user").fetchone() == (role, role)
        assert client.info.parameter_status("is_superuser") == "off"
    boss.execute(f'drop user "{role}"')
    assert told(own, key)["C"] == "28000"


@pytest.mark.parametrize("written", ["RAM$named", "named@{0}", "named@{0}.onaliyun.com", "RAM${0}:named", "{1}"])
def test_the_ways_to_write_a_ram_user(own: Server, boss: psycopg.Connection, written: str) -> None:
    if not any(one["user"] == "named" for one in ram(own, "list-users")):
        made_user(own, "named", allow(), added=False)
    role = role_of(own, "named")
    name = written.format(account_id(own), role)
    boss.execute(f'create user "{name}"')
    shown = boss.execute("select user_display_name(%s)", (role,)).fetchone()
    assert shown is not None and shown[0].endswith(":named")
    assert boss.execute("select hg_display_name_to_id(%s)", shown).fetchone() == (role,)
    with pytest.raises(psycopg.errors.DuplicateObject):
        boss.execute(f'create user "{role}"')
    boss.execute("create table if not exists named (i int primary key)")
    boss.execute(f'grant select on named to "{name}"')
    boss.execute(f'revoke select on named from "{name}"')
    boss.execute(f'drop user "{name}"')


def test_what_cannot_be_a_user(boss: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.UndefinedObject, match="RAM\\$nobody"):
        boss.execute('create user "RAM$nobody"')
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="custom accounts"):
        boss.execute('create user "BASIC$me"')
    for option in ("password 'x'", "encrypted password 'x'", "valid until '2030-01-01'", "connection limit 3"):
        with pytest.raises(psycopg.errors.FeatureNotSupported, match=option.split()[0].upper()):
            boss.execute(f"create user somebody {option}")
    assert boss.execute("select count(*) from pg_roles where rolname like 'some%'").fetchone() == (0,)


def test_the_account_stays_what_it_is(own: Server, boss: psycopg.Connection) -> None:
    account = account_id(own)
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        boss.execute(f'alter user "{account}" nosuperuser')
    with pytest.raises(psycopg.errors.ObjectInUse):
        boss.execute(f'drop user "{account}"')
    boss.execute("create role other superuser")
    boss.execute("set session authorization other")
    with pytest.raises(psycopg.errors.DependentObjectsStillExist):
        boss.execute(f'drop user "{account}"')


def test_a_user_may_what_is_granted_and_nothing_else(own: Server, boss: psycopg.Connection) -> None:
    key = made_user(own, "reader", allow())
    role = role_of(own, "reader")
    boss.execute("create table books (id int primary key, title text)")
    boss.execute("insert into books values (1, 'one'), (2, 'two')")
    with connected(own, key) as client:
        for text in ("select * from books", "select * from books where id = 1", "copy books to stdout",
                     "copy books from stdin", "explain select * from books", "truncate books", "drop table books",
                     "insert into books values (3, 'three')", "delete from books", "create schema s",
                     "call set_table_property('books', 'bitmap_columns', 'title')"):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                client.execute(text)
        boss.execute(f'grant select on books to "{role}"')
        assert client.execute("select count(*) from books").fetchone() == (2,)
        assert client.execute("select title from books where id = %s", (2,)).fetchone() == ("two",)
        with client.cursor() as cursor, cursor.copy("copy books to stdout") as copied:
            assert b"".join(copied).count(b"\n") == 2
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for table books"):
            client.execute("update books set title = 'x' where id = 1")
        boss.execute(f'grant insert on books to "{role}"')
        with client.cursor() as cursor, cursor.copy("copy books from stdin") as copying:
            copying.write("3\tthree\n")
        boss.execute(f'revoke all on books from "{role}"')
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            client.execute("select count(*) from books")


def test_rights_that_change_act_in_every_gateway_at_once(own: Server, boss: psycopg.Connection) -> None:
    key = made_user(own, "watcher", allow())
    role = role_of(own, "watcher")
    boss.execute("create table watched (id int primary key)")
    boss.execute("insert into watched values (1)")
    clients = [connected(own, key) for _ in range(6)]
    processes = {client.info.backend_pid % 2 for client in clients}
    try:
        for _ in range(5):
            boss.execute(f'grant select on watched to "{role}"')
            for client in clients:
                assert client.execute("select id from watched where id = %s", (1,), prepare=True).fetchone() == (1,)
            boss.execute(f'revoke select on watched from "{role}"')
            for client in clients:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    client.execute("select id from watched where id = %s", (1,), prepare=True)
    finally:
        for client in clients:
            client.close()
    assert processes <= {0, 1}


def test_a_superuser_may_everything_until_it_is_none(own: Server, boss: psycopg.Connection) -> None:
    key = made_user(own, "super", allow())
    role = role_of(own, "super")
    boss.execute(f'alter user "{role}" superuser')
    boss.execute("create table guarded (id int primary key)")
    with connected(own, key) as client:
        client.execute("select * from guarded")
        client.execute("insert into guarded values (1)")
        boss.execute(f'alter user "{role}" nosuperuser')
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            client.execute("select * from guarded")


def test_a_ram_policy_is_still_needed(own: Server) -> None:
    said = told(own, made_user(own, "unlisted"))
    assert (said["C"], "hologram:GetInstance" in said["D"]) == ("42501", True)


def test_one_who_may_not_connect_or_log_in(own: Server, boss: psycopg.Connection) -> None:
    key = made_user(own, "locked", allow())
    role = role_of(own, "locked")
    boss.execute("revoke connect on database yunbox from public")
    try:
        assert told(own, key)["D"] == "User does not have CONNECT privilege."
        boss.execute(f'grant connect on database yunbox to "{role}"')
        connected(own, key).close()
    finally:
        boss.execute("grant connect on database yunbox to public")
    boss.execute(f'alter user "{role}" nologin')
    assert told(own, key)["M"] == f'role "{role}" is not permitted to log in'


def test_rights_outlive_the_server(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        key = made_user(server, "lasting", allow())
        with connected(server) as boss:
            boss.execute("create table kept (id int primary key)")
            boss.execute("create role group1")
            boss.execute("grant select on kept to group1")
            boss.execute(f'grant group1 to "{role_of(server, "lasting")}"')
        server.kill()
    with Server(tmp_path) as server, connected(server, key) as client:
        assert client.execute("select count(*) from kept").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            client.execute("insert into kept values (1)")


def test_grants_at_the_same_time_are_all_there(own: Server, boss: psycopg.Connection) -> None:
    boss.execute("create table crowded (id int primary key)")
    names = [f"crowd{number}" for number in range(12)]
    for name in names:
        boss.execute(f"create role {name}")

    def grant(some: list[str]) -> None:
        with connected(own) as client:
            for name in some:
                client.execute(f"grant select on crowded to {name}")

    threads = [threading.Thread(target=grant, args=(names[at::3],)) for at in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asked = "select count(*) from unnest(%s::text[]) r where has_table_privilege(r, 'crowded', 'select')"
    assert boss.execute(asked, (names,)).fetchone() == (len(names),)


def test_a_block_sees_its_own_rights_and_others_do_not(own: Server, boss: psycopg.Connection) -> None:
    boss.execute("create role block_reader")
    boss.execute("create table blocked (id int primary key)")
    asked = "select has_table_privilege('block_reader', 'blocked', 'select')"
    with connected(own) as other, boss.transaction(force_rollback=True):
        boss.execute("grant select on blocked to block_reader")
        assert boss.execute(asked).fetchone() == (True,)
        assert other.execute(asked).fetchone() == (False,)
        boss.execute("set local role block_reader")
        assert boss.execute("select count(*) from blocked").fetchone() == (0,)
    assert boss.execute(asked).fetchone() == (False,)
    assert boss.execute("select current_user = session_user").fetchone() == (True,)


def test_a_name_with_bars_is_nobody_else(own: Server, boss: psycopg.Connection) -> None:
    account = account_id(own)
    name = f"x|{account}|y"
    boss.execute("create table barred (id int primary key)")
    boss.execute(f'create role "{name}"')
    boss.execute(f'set role "{name}"')
    assert boss.execute("select current_user, has_table_privilege('barred', 'select')").fetchone() == (name, False)
    boss.execute("reset role")
