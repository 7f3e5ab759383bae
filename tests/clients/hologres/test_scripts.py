"""hg_dump_script: what it prints runs here again and makes the same. Source: the vendor's page "Recycle bin"."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from odps import ODPS

from tests.clients.hologres.clients import account_id, allow, connected, made_user
from yunbox.services.hologres.definitions.properties import _READERS
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
LOOK = (
    """select attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid),
    col_description(attrelid, attnum) from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attrelid = %(table)s::regclass and attnum > 0 and not attisdropped order by attnum""",
    """select property_key, property_value from hologres.hg_table_properties
    where format('%%I.%%I', table_namespace, table_name)::regclass = %(table)s::regclass
    and property_key not in ('table_id', 'schema_version') order by 1""",
    "select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = %(table)s::regclass order by 1",
    """select relname, relkind, pg_get_userbyid(relowner), obj_description(oid, 'pg_class'), relpartbound,
    pg_get_partkeydef(oid) from pg_class where oid = %(table)s::regclass""",
    "select inhparent::regclass from pg_inherits where inhrelid = %(table)s::regclass",
    "select ftoptions from pg_foreign_table where ftrelid = %(table)s::regclass",
    "select pg_get_viewdef(oid) from pg_class where oid = %(table)s::regclass and relkind = 'v'",
)


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        made.execute("create extension if not exists hg_toolkit")
        made.execute("create extension if not exists roaringbitmap")
        made.execute("drop schema if exists dumped cascade")
        made.execute("create schema dumped")
        made.execute("set search_path to dumped")
        yield made
        made.execute("rollback")
        made.execute("drop schema dumped cascade")


def script(client: Client, table: str) -> str:
    return client.execute("select hg_dump_script(%s)", [table]).fetchone()[0]  # ty: ignore[not-subscriptable]


def seen(client: Client, table: str) -> list[list[Any]]:
    return [client.execute(one, {"table": table}).fetchall() for one in LOOK]


def made_again(client: Client, table: str, kind: str = "table") -> str:
    """The script of a table, which has made it anew."""
    before, text = seen(client, table), script(client, table)
    client.execute(f"drop {kind} {table}")
    client.execute(text)
    assert seen(client, table) == before
    assert script(client, table) == text
    return text


def test_a_script_is_as_the_vendor_prints_it(server: Server, client: Client) -> None:
    client.execute("""create table t (id int, name varchar(9) not null default 'it''s', primary key (id))
        with (bitmap_columns = 'name')""")
    client.execute("comment on column t.name is 'said\nso'")
    owner = account_id(server)
    assert made_again(client, "t").splitlines() == [
        "BEGIN;", "", "/*", "DROP TABLE dumped.t;", "*/", "", f"-- Type: TABLE ; Name: t; Owner: {owner}", "",
        "CREATE TABLE dumped.t (", "    id integer NOT NULL,",
        "    name character varying(9) NOT NULL DEFAULT 'it''s'::character varying",
        "    ,PRIMARY KEY (id)", ") WITH (", "orientation = 'column',", "bitmap_columns = 'name',",
        "distribution_key = 'id',", "table_group = 'yunbox_tg_default'", ");",
        "", "", "", "COMMENT ON TABLE dumped.t IS NULL;",
        f'ALTER TABLE dumped.t OWNER TO "{owner}";', "COMMENT ON COLUMN dumped.t.name IS 'said", "so';", "", "", "END;",
    ]  # fmt: skip


def test_every_type_and_default_comes_again(client: Client) -> None:
    client.execute("""create table "T *x/* \n*/" (
        a smallserial, b serial, c bigserial, "select" text default E'a\\\\b', d numeric(10, 2) default -1.5, e text[],
        f timestamptz not null default now(), g json, h jsonb, i bytea, j bit(3), k varbit(5), l char(4) default 'x',
        m interval, n time, o timetz, p uuid, q inet, r roaringbitmap, s float4[] check (array_ndims(s) = 1 and
        array_length(s, 1) = 3), t bool default true, v date default
        current_date, w float8, x int8 default 1 + 2, y oid, primary key (b, "select"))""")
    client.execute("""comment on table "T *x/* \n*/" is 'it''s a \\ table'""")
    text = made_again(client, '"T *x/* \n*/"')
    assert "    a smallserial NOT NULL,\n    b serial NOT NULL,\n    c bigserial NOT NULL,\n" in text
    client.execute("create table g (a int, b int generated always as (a + 1) stored)")
    made_again(client, "g")
    assert client.execute("""insert into "T *x/* \n*/" ("select") values ('x') returning b""").fetchone() == (1,)


PROPERTIES = {
    "orientation": "row,column", "distribution_key": "id", "clustering_key": "n:desc,ts", "segment_key": "ts",
    "bitmap_columns": "n:off,x", "dictionary_encoding_columns": "x:auto", "time_to_live_in_seconds": "7000",
    "readonly": "false", "table_group": "some_tg",
    "storage_format": "sst", "binlog.level": "replica", "binlog.ttl": "86400",
    "storage_mode": "cold",
    "proxima_vectors": '{"v": {"algorithm": "Graph", "distance_method": "Euclidean"}}',
}  # fmt: skip
PARTITIONING = {
    "auto_partitioning.enable": "true", "auto_partitioning.time_unit": "DAY",
    "auto_partitioning.time_zone": "Asia/Shanghai", "auto_partitioning.time_format": "YYYY-MM-DD",
    "auto_partitioning.num_precreate": "1", "auto_partitioning.num_retention": "3", "auto_partitioning.num_hot": "2",
    "auto_partitioning.schd_start_time": "2999-01-01 00:00:00",
}  # fmt: skip
LOGICAL = {
    "partition_expiration_time": "30 day", "partition_keep_hot_window": "15 day", "partition_require_filter": "true",
    "partition_generate_binlog_window": "3 day",
}  # fmt: skip
VECTORS = '{"v": {"algorithm": "HGraph", "distance_method": "Cosine"}}'


def with_(properties: dict[str, str]) -> str:
    listed = ", ".join(f"{name.replace('.', '_')} = '{value}'" for name, value in properties.items())
    return f"with ({listed})"


def test_every_property_comes_again(client: Client) -> None:
    columns = """id int, n int, x text, ts timestamptz not null, v float4[] check (array_ndims(v) = 1 and
        array_length(v, 1) = 3), primary key (id)"""
    client.execute("call hg_create_table_group('some_tg', 1, 'ignore')")
    client.execute(f"create table t ({columns}) {with_(PROPERTIES)}")
    text = made_again(client, "t")
    assert all(f"\n{name.replace('.', '_')} = '" in text for name in PROPERTIES)
    client.execute(f"create table u ({columns}) {with_({'vectors': VECTORS})}")
    made_again(client, "u")
    client.execute(f"create table l (d date not null) logical partition by list (d) {with_(LOGICAL)}")
    client.execute("alter table l partition (d = '2025-01-01') set (keep_alive = true, generate_binlog = 'off')")
    text = made_again(client, "l")
    assert "\n)\nLOGICAL PARTITION BY LIST (d)\nWITH (\n" in text
    assert "PARTITION (d = '2025-01-01') SET (keep_alive = 'true', generate_binlog = 'off');" in text
    assert {*PROPERTIES, *PARTITIONING, *LOGICAL, "vectors", "keep_alive"} == {*_READERS}, "no script was read of one"


def test_partitions_come_again(client: Client) -> None:
    client.execute(f"""create table p (id int not null, day text not null, s serial, primary key (id, day))
        partition by list (day) {with_({**PARTITIONING, "binlog.level": "replica"})}""")
    client.execute("comment on table p is 'parted'")
    assert "\n)\nPARTITION BY LIST (day)\nWITH (\n" in made_again(client, "p")
    client.execute("create table p_a partition of p for values in ('it''s') with (keep_alive = true)")
    assert "PARTITION OF dumped.p\nFOR VALUES IN ('it''s') WITH (\n" in made_again(client, "p_a")
    client.execute("create table p_b (day text not null, id int not null, s int not null default 7,"
                   " primary key (id, day)) with (bitmap_columns = 'day')")  # fmt: skip
    client.execute("alter table p attach partition p_b for values in ('b')")
    client.execute("call set_table_property('p_b', 'keep_alive', 'true')")
    assert "ALTER TABLE dumped.p ATTACH PARTITION dumped.p_b FOR VALUES IN ('b');" in made_again(client, "p_b")


def test_views_come_again(client: Client) -> None:
    client.execute("create table t (id int, name text)")
    client.execute("create view v (one, two) as select t.id, upper(name) from t where name <> ';' ; ")
    client.execute("comment on view v is 'seen'")
    client.execute("comment on column v.one is 'first'")
    text = made_again(client, "v", "view")
    assert "Type: VIEW" in text and text.endswith("\n\nEND;"), "by which the vendor's MCP server takes them apart"
    assert "SET LOCAL search_path TO dumped;" in text
    client.execute("set search_path to public")
    made_again(client, "dumped.v", "view")
    client.execute("alter table dumped.t rename column id to number")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="renamed"):
        script(client, "dumped.v")


def test_foreign_tables_come_again(client: Client, project: str, o: ODPS) -> None:
    o.execute_sql("create table plain (id bigint, name string)")
    client.execute(f"""create foreign table f (name text, id bigint) server odps_server
        options (project_name '{project}', table_name 'plain')""")
    client.execute("comment on foreign table f is 'far'")
    assert "\nSERVER odps_server\nOPTIONS (" in made_again(client, "f", "foreign table")


def test_what_has_no_script_is_refused(server: Server, client: Client) -> None:
    client.execute("create table t (id serial primary key)")
    for name in ("t_pkey", "t_id_seq", "pg_class"):
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="hg_dump_script"):
            script(client, name)
    with pytest.raises(psycopg.errors.UndefinedTable):
        script(client, "nowhere")
    assert client.execute("select hg_dump_script(null)").fetchone() == (None,)
    with connected(server, made_user(server, "dumper", allow())) as other:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            script(other, "dumped.t")
        client.execute("drop extension hg_toolkit")
        with pytest.raises(psycopg.errors.UndefinedFunction):
            script(other, "dumped.t")
