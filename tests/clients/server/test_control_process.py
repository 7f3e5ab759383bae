"""The control process imports no engine: whatever it is asked, data and SQL are the workers' business.

An import of DuckDB, sqlglot or Arrow takes a second in the event loop and tens of megabytes for good. Here a server of
its own answers a round of every kind of request, and on its way out tells which modules it has loaded.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import oss2
import pytest
from odps import ODPS, errors

from tests.clients.server.telling import Telling
from yunbox.services.maxcompute.sql.statements import OPERATIONS
from yunbox.testing.server import Server

HEAVY = {"duckdb", "sqlglot", "arro3", "deltalake", "pyarrow", "numpy", "pandas", "polars", "odps"}
KINDS = {
    "Select": ["select count(*), max(name) from t", "select * from v"],
    "Insert": [
        "insert into t values (1, 'a'), (2, null)",
        "insert overwrite table p partition (pt) select id, 'x' from t",
        "from t insert into table t select id + 10, name insert into table u select *",
        "load overwrite table p partition (pt='l') from location 'oss://lake/days/pt=1/' stored as csv",
        "insert into out_json select * from t",
    ],
    "Delete": ["delete from d where id = 1"],
    "Update": [
        "update d set name = 'z' where id = 2",
        "merge into d using t on d.id = t.id when matched then update set name = t.name"
        " when not matched then insert values (t.id, t.name)",
    ],
    "Explain": ["explain select count(*) from t"],
    "CreateTable": [
        "create table t (id bigint, name string)",
        "create table u like t",
        "create table p (id bigint) partitioned by (pt string)",
        "create table d (id bigint not null, name string) tblproperties ('transactional'='true')",
        "create table copied as select * from t",
        "create external table e (id bigint, name string) stored as csv location 'oss://lake/csv/'",
        "create external table days (id bigint) partitioned by (pt string) stored as csv location 'oss://lake/days/'",
        "create external table orc (id bigint) stored as orc location 'oss://lake/orc/'",
        "create external table out_json (id bigint, name string) stored as json location 'oss://lake/json/'",
    ],
    "AlterTable": [
        "alter table u add columns (more double)",
        "alter table u rename to w",
        "alter table w set comment 'c'",
        "alter table w change column more less double",
        "alter table w drop columns less",
        "alter table p add partition (pt='1')",
        "alter table p partition (pt='1') rename to partition (pt='2')",
        "alter table p drop partition (pt='2')",
        "alter table t merge smallfiles",
    ],
    "TruncateTable": ["truncate table copied"],
    "CreateView": ["create view v as select id from t"],
    "CreateSchema": ["create schema s"],
    "DropSchema": ["drop schema s"],
    "CreateFunction": ["create function f as 'm.F' using 'm.py'"],
    "DropFunction": ["drop function f"],
    "Show": ["show tables", "show partitions p", "show create table t", "show functions"],
    "Describe": ["desc t", "desc extended p"],
    "Set": ["set odps.sql.allow.fullscan=true"],
    "SetProject": ["setproject odps.sql.allow.fullscan=true"],
    "Unload": ["unload from (select 1 as x) into location 'oss://lake/un/' stored as parquet"],
    "RepairTable": ["msck repair table days add partitions"],
    "DropTable": ["drop view v", "drop table p"],
}
ORDER = (
    "CreateTable", "CreateView", "Insert", "Select", "Delete", "Update", "Explain", "Show", "Describe", "AlterTable",
    "TruncateTable", "CreateFunction", "DropFunction", "CreateSchema", "DropSchema", "Set", "SetProject",
    "Unload", "RepairTable", "DropTable",
)  # fmt: skip
REFUSED = (
    "selec 1",
    "select nothing from t",
    "select * from nowhere",
    "select cast('x' as bigint) / 0 from no",
    "@a := 1",
    "use x",
)


@pytest.fixture
def telling(tmp_path: Path) -> Iterator[Telling]:
    made = Telling(tmp_path)
    with made.server:
        yield made


def entry(server: Server) -> ODPS:
    return ODPS(server.access_key_id, server.access_key_secret, server.project, endpoint=server.endpoint)


def ask_oss(server: Server) -> None:
    auth = oss2.AuthV4(server.access_key_id, server.access_key_secret)
    bucket = oss2.Bucket(auth, server.endpoints["oss"], "lake", region=server.region)
    bucket.create_bucket()
    for number in range(3):
        bucket.put_object(f"csv/{number}.csv", f"{number},a\n")
        bucket.put_object(f"days/pt={number}/x.csv", f"{number}\n")
        bucket.put_object(f"crumbs/{number}.json", b'{"a": 1}\n')
    assert bucket.get_object("csv/1.csv").read() == b"1,a\n"
    assert bucket.select_object("csv/1.csv", "select _1 from ossobject").read() == b"1\n"
    bucket.create_select_object_meta("csv/1.csv")
    words = ["oss", "compact", "lake/crumbs/", "--remove", "--data", str(server.data)]
    subprocess.run([sys.executable, "-m", "yunbox", *words], check=True, capture_output=True)
    [key] = [item.key for item in oss2.ObjectIterator(bucket, "crumbs/")]
    assert key.endswith(".parquet")


def ask_sql(o: ODPS) -> None:
    o.create_resource("m.py", "py", file_obj="class F: pass")
    for kind in ORDER:
        for text in KINDS[kind]:
            o.execute_sql(text).wait_for_success()
    with o.execute_sql("select id, name from t").open_reader(tunnel=True) as reader:
        assert reader.count > 0 and all(record[0] for record in reader)
    with o.execute_sql("select id from orc").open_reader() as reader:
        assert list(reader) == []
    o.execute_sql_cost("select count(*) from t")
    o.run_security_query("whoami")
    for text in REFUSED:
        with pytest.raises(errors.ODPSError):
            o.execute_sql(text)


def ask_tunnel(o: ODPS) -> None:
    for arrow in (False, True):
        with o.get_table("t").open_writer(arrow=arrow) as writer:
            if arrow:
                import pyarrow

                writer.write(pyarrow.RecordBatch.from_pydict({"id": [8], "name": ["b"]}))
            else:
                writer.write([[7, "a"]])
        with o.get_table("t").open_reader(arrow=arrow) as reader:
            assert sum(1 for _ in reader) > 0
    assert o.get_table("t").head(1)


def test_whatever_is_asked_no_engine_is_imported(telling: Telling) -> None:
    assert {operation.name for operation in OPERATIONS.values()} == {*KINDS, "Use"}
    assert set(ORDER) == set(KINDS)
    server = telling.server
    ask_oss(server)
    o = entry(server)
    ask_sql(o)
    ask_tunnel(o)
    told = telling.modules()
    server.start()
    assert "yunbox.server.boot" in told
    assert HEAVY & {name.partition(".")[0] for name in told} == set()
