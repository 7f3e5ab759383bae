"""Table groups. Source: the vendor's page "Manage table groups and shard counts"."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
FIRST = "yunbox_tg_default"


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create database grouping")
    with connected(server, dbname="grouping") as made:
        yield made
    with connected(server) as made:
        made.execute("drop database grouping")


def properties(client: Client, group: str) -> dict[str, str]:
    asked = "select property_key, property_value from hologres.hg_table_group_properties where tablegroup_name = %s"
    return dict(client.execute(asked, (group,)).fetchall())


def group(client: Client, table: str) -> str:
    asked = (
        "select property_value from hologres.hg_table_properties where property_key = 'table_group' and table_name = %s"
    )
    [(found,)] = client.execute(asked, (table,)).fetchall()
    return found


def groups(client: Client) -> list[str]:
    asked = "select tablegroup_name from hologres.hg_table_group_properties group by tablegroup_name order by 1"
    return [name for (name,) in client.execute(asked).fetchall()]


def state(client: Client, statement: str) -> str | None:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(statement)
    return caught.value.sqlstate


def test_groups_are_made_used_and_dropped(client: Client) -> None:
    told = []
    client.add_notice_handler(lambda notice: told.append(notice.message_primary))
    assert groups(client) == [FIRST]
    assert client.execute("CALL HG_CREATE_TABLE_GROUP ('tg_8', 8);").statusmessage == "CALL"
    assert told == ['table group "tg_8" has one shard here, and not 8']
    assert properties(client, "tg_8") == {
        "is_default_tg": "0", "shard_count": "1", "tg_version": "1", "table_num": "0", "replica_count": "1",
        "created_manually": "1",
    }  # fmt: skip
    assert state(client, "call hg_create_table_group('tg_8', 1)") == "42710"
    client.execute("call hg_create_table_group('tg_8', 1, 'ignore')")
    assert state(client, "call hg_create_table_group('tg_0', 0)") == "22023"
    client.execute("create table a (k int primary key) with (table_group = 'tg_8')")
    client.execute("begin; call hg_create_table_group('tg_1', 1); create table b (k int)")
    client.execute("call set_table_property('b', 'table_group', 'tg_1'); commit")
    assert (group(client, "a"), group(client, "b")) == ("tg_8", "tg_1")
    assert properties(client, "tg_8")["table_num"] == "1"
    assert state(client, "create table c (k int) with (table_group = 'nowhere')") == "42704"
    assert state(client, "begin; create table c (k int); call set_table_property('c', 'table_group', 'no')") == "42704"
    client.execute("rollback")
    assert state(client, "call hg_drop_table_group('tg_8')") == "2BP01"
    client.execute("drop table a; call hg_drop_table_group('tg_8')")
    assert state(client, "call hg_drop_table_group('tg_8')") == "42704"
    assert groups(client) == ["tg_1", FIRST]


def test_tables_move(client: Client) -> None:
    client.execute("call hg_create_table_group('one', 1); call hg_create_table_group('two', 1)")
    client.execute("create table p (k int, ds text) partition by list (ds) with (table_group = 'one')")
    client.execute("create table p_1 partition of p for values in ('1'); insert into p_1 values (5, '1')")
    assert group(client, "p_1") == "one"
    assert state(client, "call hg_move_table_to_table_group('p_1', 'two')") == "42809"
    client.execute("CALL HG_MOVE_TABLE_TO_TABLE_GROUP('public.p', 'two')")
    assert (group(client, "p"), group(client, "p_1")) == ("two", "two")
    assert groups(client) == ["two", FIRST], "a group without tables goes"
    assert client.execute("select * from p").fetchall() == [(5, "1")]
    client.execute(f"call hg_update_table_shard_count('p', '{FIRST}')")
    assert groups(client) == [FIRST]
    client.execute("create table s (k serial); call hg_create_table_group('one', 1)")
    assert state(client, "call hg_move_table_to_table_group('s', 'one')") == "0A000"
    assert state(client, "call hg_move_table_to_table_group('p', 'nowhere')") == "42704"
    assert state(client, "alter table p set (table_group = 'one')") == "0A000"


def test_the_default(client: Client) -> None:
    client.execute("call hg_create_table_group('mine', 1)")
    client.execute("CALL HG_UPDATE_DATABASE_PROPERTY ('default_table_group', 'mine')")
    client.execute("create table a (k int); create table b as select 1 as k")
    assert (group(client, "a"), group(client, "b")) == ("mine", "mine")
    assert (properties(client, "mine")["is_default_tg"], properties(client, FIRST)["is_default_tg"]) == ("1", "0")
    client.execute("drop table a; drop table b")
    assert state(client, "call hg_drop_table_group('mine')") == "55006"
    client.execute(f"call hg_drop_table_group('{FIRST}')")
    assert groups(client) == ["mine"]
    assert state(client, "call hg_update_database_property('default_table_group', 'nowhere')") == "42704"
    assert state(client, "call hg_update_database_property('other', 'mine')") == "22023"


def test_superusers_change_them(client: Client) -> None:
    client.execute("create user someone; set role someone")
    for call in ("create_table_group('x', 1)", f"drop_table_group('{FIRST}')",
                 f"update_database_property('default_table_group', '{FIRST}')"):  # fmt: skip
        assert state(client, f"call hg_{call}") == "42501"
    client.execute("reset role; drop user someone")
