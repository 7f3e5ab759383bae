"""What clients look up by themselves: SQLAlchemy's inspector, pandas, asyncpg, psycopg 3 and pg8000."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.hologres.clients import account, connected, where
from yunbox.testing.server import Server

sqlalchemy = pytest.importorskip("sqlalchemy")
SCHEMA = "inspected"
MADE = f"""
    CREATE SCHEMA {SCHEMA};
    CREATE TABLE {SCHEMA}.plain (id bigint PRIMARY KEY, name varchar(20) NOT NULL DEFAULT 'x', n numeric(10,2), a int[],
                                 j jsonb, u uuid, t timestamptz);
    COMMENT ON TABLE {SCHEMA}.plain IS 'what is seen';
    COMMENT ON COLUMN {SCHEMA}.plain.n IS 'how many';
    CREATE VIEW {SCHEMA}.looked AS SELECT id FROM {SCHEMA}.plain
"""


@pytest.fixture(scope="module")
def tables(server: Server) -> Iterator[Server]:
    with connected(server) as client:
        client.execute(f"drop schema if exists {SCHEMA} cascade")
        for statement in MADE.split(";"):
            client.execute(statement)
        yield server
        client.execute(f"drop schema {SCHEMA} cascade")


@pytest.fixture
def engine(tables: Server) -> Iterator[Any]:
    user, password = account(tables)
    at = where(tables)
    made = sqlalchemy.create_engine(f"postgresql+psycopg://{user}:{password}@{at['host']}:{at['port']}/{at['dbname']}")
    yield made
    made.dispose()


def test_sqlalchemy_inspects_columns_and_keys(engine: Any) -> None:
    found = sqlalchemy.inspect(engine)
    columns = {one["name"]: one for one in found.get_columns("plain", SCHEMA)}
    assert {name: str(one["type"]) for name, one in columns.items()} == {
        "id": "BIGINT", "name": "VARCHAR(20)", "n": "NUMERIC(10, 2)", "a": "ARRAY", "j": "JSONB", "u": "UUID",
        "t": "TIMESTAMP",
    }  # fmt: skip
    assert (columns["name"]["nullable"], columns["name"]["default"]) == (False, "'x'::character varying")
    assert columns["n"]["comment"] == "how many"
    key = found.get_pk_constraint("plain", SCHEMA)
    assert (key["name"], key["constrained_columns"]) == ("plain_pkey", ["id"])


def test_sqlalchemy_inspects_everything_else(engine: Any) -> None:
    found = sqlalchemy.inspect(engine)
    assert found.get_table_names(SCHEMA) == ["plain"]
    assert found.get_view_names(SCHEMA) == ["looked"]
    assert "from inspected.plain" in found.get_view_definition("looked", SCHEMA).lower()
    assert found.get_table_comment("plain", SCHEMA) == {"text": "what is seen"}
    assert {"public", SCHEMA, "information_schema"} <= set(found.get_schema_names())
    assert found.has_table("plain", SCHEMA)
    assert not found.has_table("nothing", SCHEMA)
    for asked in ("get_foreign_keys", "get_indexes", "get_unique_constraints", "get_check_constraints"):
        assert getattr(found, asked)("plain", SCHEMA) == []
    for asked in ("get_enums", "get_domains", "get_materialized_view_names", "get_foreign_table_names"):
        assert getattr(found, asked)(schema=SCHEMA) == []
    assert found.get_sequence_names(SCHEMA) == []
    assert found.get_multi_pk_constraint(SCHEMA)[SCHEMA, "plain"]["constrained_columns"] == ["id"]


def test_sqlalchemy_reflects_and_makes_tables(engine: Any) -> None:
    known = sqlalchemy.MetaData(schema=SCHEMA)
    known.reflect(engine, views=True)
    assert set(known.tables) == {f"{SCHEMA}.plain", f"{SCHEMA}.looked"}
    own = sqlalchemy.MetaData(schema=SCHEMA)
    key = sqlalchemy.Column("id", sqlalchemy.BigInteger, primary_key=True, autoincrement=False)
    made = sqlalchemy.Table("made", own, key, sqlalchemy.Column("s", sqlalchemy.String(5)))
    own.create_all(engine)
    own.create_all(engine)  # which looks whether it is there
    assert sqlalchemy.inspect(engine).get_pk_constraint("made", SCHEMA)["constrained_columns"] == ["id"]
    made.drop(engine)
    assert not sqlalchemy.inspect(engine).has_table("made", SCHEMA)


def test_pandas_writes_and_reads_tables(engine: Any) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    for how in ("replace", "append"):
        frame.to_sql("framed", engine, schema=SCHEMA, if_exists=how, index=False)
    read = pandas.read_sql_table("framed", engine, schema=SCHEMA)
    assert sorted(read["a"]) == [1, 1, 2, 2]
    frame.to_sql("framed", engine, schema=SCHEMA, if_exists="replace", index=False)
    assert len(pandas.read_sql(f"select * from {SCHEMA}.framed", engine)) == 2
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(f"drop table {SCHEMA}.framed"))


def test_asyncpg_looks_types_up(tables: Server) -> None:
    asyncpg = pytest.importorskip("asyncpg")
    user, password = account(tables)
    at = where(tables)

    async def asked() -> list[Any]:
        client = await asyncpg.connect(
            host=at["host"], port=at["port"], user=user, password=password, database=at["dbname"], ssl=False
        )
        async with client.transaction():
            found = [await client.fetchval("select $1::int[]", [1, 2])]
        found.append(await client.fetchval("select $1::text[]", ["a", None]))
        found.append(await client.fetchval("select $1::regclass::text", f"{SCHEMA}.plain"))
        await client.set_type_codec("jsonb", encoder=str, decoder=len, schema="pg_catalog")
        found.append(await client.fetchval("select '[1]'::jsonb"))
        found.append(await client.fetchval(f"select indkey from pg_index where indrelid = '{SCHEMA}.plain'::regclass"))
        await client.reset()
        await client.close()
        return found

    assert asyncio.run(asked()) == [[1, 2], ["a", None], f"{SCHEMA}.plain", 3, [1]]


def test_psycopg_fetches_types(tables: Server) -> None:
    from psycopg.types import TypeInfo
    from psycopg.types.composite import CompositeInfo
    from psycopg.types.enum import EnumInfo

    with connected(tables) as client:
        uuid = TypeInfo.fetch(client, "uuid")
        assert uuid is not None
        assert (uuid.oid, uuid.array_oid) == (2950, 2951)
        assert TypeInfo.fetch(client, "nothing") is None
        assert EnumInfo.fetch(client, "nothing") is None
        row = CompositeInfo.fetch(client, f"{SCHEMA}.plain")
        assert row is not None
        assert list(row.field_names) == ["id", "name", "n", "a", "j", "u", "t"]


def test_pg8000_reads_names(tables: Server) -> None:
    native = pytest.importorskip("pg8000.native")
    user, password = account(tables)
    at = where(tables)
    client = native.Connection(user, host=at["host"], port=at["port"], password=password, database=at["dbname"])
    found = client.run(
        f"select '{SCHEMA}.plain'::regclass, conkey from pg_constraint where conname = 'plain_pkey' limit 1"
    )
    assert found == [[f"{SCHEMA}.plain", [1]]]
    client.close()
