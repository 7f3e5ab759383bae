"""Tiered storage: tables are hot or cold, partitions as their table or by themselves, and the bill tells them apart."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("tiers")) as made:
        yield made


def tiers(client: psycopg.Connection, table: str) -> dict[str, str]:
    """The tier of a table or of each of its partitions, whose bytes are all there."""
    found = client.execute("select * from hg_table_storage_status('public', %s)", [table])
    assert [one.name for one in found.description or ()] == ["table_name", "hot_size", "cold_size", "status"]
    rows = found.fetchall()
    for _, hot, cold, status in rows:
        assert (hot if status == "cold" else cold) == 0
    return {name: status for name, _, _, status in rows}


def test_a_table_gets_a_tier_and_another(server: Server) -> None:
    with connected(server) as client:
        client.execute("create table plain (id int not null, name text)")
        client.execute("insert into plain select n, 'x' from generate_series(1, 100) n")
        [(hot,)] = client.execute("select hot_size from hg_table_storage_status('public', 'plain')").fetchall()
        assert tiers(client, "plain") == {"plain": "hot"} and hot > 100
        client.execute("call set_table_property('plain', 'storage_mode', 'cold')")
        assert tiers(client, "plain") == {"plain": "cold"}
        [(cold,)] = client.execute("select cold_size from hg_table_storage_status('public', 'plain')").fetchall()
        assert cold == hot
        kept = (
            "select property_value from hologres.hg_table_properties where table_name = 'plain' and property_key = %s"
        )
        assert client.execute(kept, ["storage_mode"]).fetchall() == [("cold",)]
        assert client.execute("select count(*) from plain").fetchone() == (100,)
        client.execute("insert into plain values (101, 'y')")
        client.execute("alter table plain set (storage_mode = 'hot')")
        assert tiers(client, "plain") == {"plain": "hot"}


def test_a_table_is_made_cold(server: Server) -> None:
    with connected(server) as client:
        with client.transaction():
            client.execute("create table tbl1 (id int not null, name text not null)")
            client.execute("call set_table_property('tbl1', 'storage_mode', 'cold')")
        client.execute("create table tbl2 (id int) with (storage_mode = 'COLD')")
        client.execute("create table tbl3 as select 1 as id")
        assert [tiers(client, name)[name] for name in ("tbl1", "tbl2", "tbl3")] == ["cold", "cold", "hot"]


def test_partitions_are_as_their_table_or_by_themselves(server: Server) -> None:
    with connected(server) as client:
        with client.transaction():
            client.execute("create table parted (c1 text not null, c2 text) partition by list (c2)")
            client.execute("call set_table_property('parted', 'storage_mode', 'cold')")
            client.execute("create table parted_v1 partition of parted for values in ('v1')")
        client.execute("create table parted_v2 partition of parted for values in ('v2')")
        assert tiers(client, "parted") == {"parted_v1": "cold", "parted_v2": "cold"}
        client.execute("call set_table_property('parted', 'storage_mode', 'hot')")
        assert tiers(client, "parted") == {"parted_v1": "hot", "parted_v2": "hot"}
        client.execute("call set_table_property('parted_v2', 'storage_mode', 'cold')")
        assert tiers(client, "parted") == {"parted_v1": "hot", "parted_v2": "cold"}
        assert tiers(client, "parted_v2") == {"parted_v2": "cold"}
        client.execute("call set_table_property('parted', 'binlog_ttl', '86400')")
        assert tiers(client, "parted") == {"parted_v1": "hot", "parted_v2": "cold"}, "which is not passed on"


def test_what_is_refused(server: Server) -> None:
    with connected(server) as client:
        client.execute("create table here (id int)")
        client.execute("create view seen as select id from here")
        for name in ("nosuch", "seen"):
            with pytest.raises(psycopg.errors.UndefinedTable, match=f'relation "public.{name}" does not exist'):
                client.execute("select * from hg_table_storage_status('public', %s)", [name])
        with pytest.raises(psycopg.errors.UndefinedTable):
            client.execute("select * from hg_table_storage_status('pg_catalog', 'pg_class')")
        assert client.execute("select * from hg_table_storage_status('public', null)").fetchall() == []
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="storage_mode"):
            client.execute("call set_table_property('here', 'storage_mode', 'warm')")
