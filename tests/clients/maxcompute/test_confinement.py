"""A statement reads tables and nothing else: not files, not the network, not the server's own database."""

import pytest
from odps import ODPS
from odps.errors import ODPSError

from yunbox.testing.server import Server


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('/etc/passwd')",
        "select * from read_csv('{data}/credentials.json')",
        "select * from `{data}/credentials.json`",
        "select * from '{data}/meta.db'",
        "select * from read_blob('{data}/*')",
        "select * from glob('/*')",
        "select * from sqlite_scan('{data}/meta.db', 'access_keys')",
        "select * from duckdb_settings()",
        "select current_setting('temp_directory')",
        "select getenv('HOME')",
        "select getvariable('x')",
        "copy (select 1) to '{data}/lake/x.csv'",
        "attach '{data}/meta.db' as x",
        "install httpfs",
        "load httpfs",
        "pragma database_list",
        "call pragma_version()",
        "set memory_limit='1TB'; select * from read_text('/etc/passwd')",
        "select 1; copy (select 1) to '/tmp/x.csv'",
        "export database '{data}/lake'",
        "create macro f() as 1",
        "select * from query('select 1')",
        "select * from information_schema.tables",
        "select * from pg_catalog.pg_settings",
    ],
)
def test_nothing_but_tables_is_read(o: ODPS, server: Server, sql: str) -> None:
    with pytest.raises(ODPSError) as caught:
        o.execute_sql(sql.format(data=server.data))
    assert caught.value.code != "ODPS-0010000", caught.value
    assert "root:" not in str(caught.value)


def test_the_engine_itself_is_confined(server: Server, tmp_path) -> None:
    import duckdb

    from yunbox.engine.duck.messages import WorkerConfig
    from yunbox.engine.duck.worker import _open_duckdb

    (tmp_path / "lake").mkdir()
    config = WorkerConfig(server.data / "meta.db", tmp_path / "spill", 1 << 28, 1 << 28, 1, (tmp_path / "lake",))
    db = _open_duckdb(config)
    db.execute(f"COPY (SELECT 1 AS a) TO '{tmp_path}/lake/t.parquet'")
    assert db.execute(f"SELECT a FROM '{tmp_path}/lake/t.parquet'").fetchall() == [(1,)]
    for sql in ("SELECT * FROM read_text('/etc/passwd')", f"ATTACH '{server.data}/meta.db'", "INSTALL httpfs",
                "SET enable_external_access = true", f"COPY (SELECT 1) TO '{tmp_path}/x.parquet'"):  # fmt: skip
        with pytest.raises(duckdb.Error):
            db.execute(sql)
