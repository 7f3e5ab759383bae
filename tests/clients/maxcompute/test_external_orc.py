"""External tables in ORC: files of Arrow's own writer read through SQL, and files of SQL read by Arrow."""

import datetime
import decimal
import io
import sys

import oss2
import pyarrow
import pyarrow.orc
import pytest
from odps import ODPS, errors

from tests.clients.maxcompute.test_external_tables import keys, rows
from yunbox.engine.duck.external import orc
from yunbox.kernel.errors import Unsupported
from yunbox.testing.server import Server


@pytest.fixture
def bucket(server: Server) -> oss2.Bucket:
    auth = oss2.Auth(server.access_key_id, server.access_key_secret)
    made = oss2.Bucket(auth, server.endpoints["oss"], "orc-lake")
    made.create_bucket()
    for item in list(oss2.ObjectIterator(made)):
        made.delete_object(item.key)
    return made


def orc_of(columns: dict[str, list], codec: str = "zstd") -> bytes:
    out = io.BytesIO()
    pyarrow.orc.write_table(pyarrow.table(columns), out, compression=codec)
    return out.getvalue()


def read(bucket: oss2.Bucket, prefix: str) -> pyarrow.Table:
    found = [bucket.get_object(key).read() for key in keys(bucket, prefix)]
    return pyarrow.concat_tables([pyarrow.orc.ORCFile(io.BytesIO(data)).read() for data in found])


def test_columns_are_matched_by_position(o: ODPS, bucket: oss2.Bucket) -> None:
    bucket.put_object("pos/1.orc", orc_of({"_col0": [1, 2], "_col1": ["a", None]}))
    bucket.put_object("pos/2.orc", orc_of({"x": [3]}, "snappy"))
    bucket.put_object("pos/3.orc", orc_of({"x": [4], "y": ["d"], "more": [9.5]}, "zlib"))
    o.execute_sql("create external table orc_pos (id bigint, name string) stored as orc location 'oss://orc-lake/pos/'")
    found = rows(o, "select * from orc_pos order by id limit 9")
    assert found == [(1, "a"), (2, None), (3, None), (4, "d")]
    assert rows(o, "select a.id from orc_pos a join orc_pos b on a.id = b.id where b.name = 'd'") == [(4,)]


def test_columns_are_matched_by_name_and_what_is_no_number_is_null(o: ODPS, bucket: oss2.Bucket) -> None:
    bucket.put_object("name/1.orc", orc_of({"Id": [1], "name": ["a"]}))
    bucket.put_object("name/2.orc", orc_of({"age": [10, 20], "name": ["c", "d"], "id": ["3", "four"]}))
    o.execute_sql(
        "create external table orc_name (name string, id bigint) row format serde"
        " 'org.apache.hadoop.hive.ql.io.orc.OrcSerde' with serdeproperties ('mcfed.orc.schema.resolution'='name')"
        " stored as orc location 'oss://orc-lake/name/'"
    )
    assert rows(o, "select * from orc_name order by name limit 9") == [("a", 1), ("c", 3), ("d", None)]


def test_every_type_comes_back_as_it_was_written(o: ODPS, bucket: oss2.Bucket) -> None:
    o.execute_sql(
        "create external table orc_types (i int, b bigint, d decimal(10,2), t timestamp_ntz, s string, f boolean,"
        " x double, day date, l array<bigint>, m map<string,bigint>, n struct<a:bigint,b:string>)"
        " stored as orc location 'oss://orc-lake/types/' tblproperties ('mcfed.orc.compress'='SNAPPY')",
        hints={"odps.sql.type.system.odps2": "true"},
    )
    o.execute_sql(
        "insert into orc_types select 1, 2, cast('3.25' as decimal(10,2)), timestamp_ntz '2020-01-02 03:04:05.678',"
        " '三', true, 1.5, date '2020-01-02', array(1, 2), map('k', 7), named_struct('a', 1, 'b', 'x')",
        hints={"odps.sql.type.system.odps2": "true"},
    )
    assert pyarrow.orc.ORCFile(io.BytesIO(bucket.get_object(keys(bucket, "types/")[0]).read())).compression == "SNAPPY"
    there = read(bucket, "types/").to_pylist()[0]
    assert there["d"] == decimal.Decimal("3.25")
    assert there["n"] == {"a": 1, "b": "x"}
    assert there["t"] == datetime.datetime(2020, 1, 2, 3, 4, 5, 678000)
    assert there["l"] == [1, 2]
    found = rows(o, "select b, d, s, f, x, day, l, m, n.b from orc_types")
    day = datetime.date(2020, 1, 2)
    assert found == [(2, decimal.Decimal("3.25"), "三", True, 1.5, day, [1, 2], {"k": 7}, "x")]


def test_partitions_load_and_unload(o: ODPS, bucket: oss2.Bucket) -> None:
    o.execute_sql(
        "create external table orc_days (id bigint) partitioned by (pt string) stored as orc"
        " location 'oss://orc-lake/days/'"
    )
    o.execute_sql("insert into orc_days partition (pt) values (1, 'a'), (2, 'b'), (3, 'a')")
    assert sorted({key.split("/")[1] for key in keys(bucket, "days/")}) == ["pt=a", "pt=b"]
    assert rows(o, "select sum(id) from orc_days where pt = 'a'") == [(4,)]
    o.execute_sql(
        "unload from (select id from orc_days where pt = 'a') into location 'oss://orc-lake/un/' stored as orc"
    )
    assert sorted(read(bucket, "un/")["id"].to_pylist()) == [1, 3]
    o.execute_sql("create table orc_loaded (id bigint)")
    o.execute_sql("load into orc_loaded from location 'oss://orc-lake/un/' stored as orc")
    assert rows(o, "select sum(id) from orc_loaded") == [(4,)]


def test_a_codec_that_is_none_is_refused(o: ODPS, bucket: oss2.Bucket) -> None:
    o.execute_sql(
        "create external table orc_codec (id bigint) stored as orc location 'oss://orc-lake/codec/'"
        " tblproperties ('mcfed.orc.compress'='lzo')"
    )
    with pytest.raises(errors.ODPSError, match="lzo"):
        o.execute_sql("insert into orc_codec values (1)")
    assert keys(bucket, "codec/") == []


def test_without_pyarrow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.orc", None)
    with pytest.raises(Unsupported, match=r"yunbox\[orc\]"):
        list(orc.OrcFiles(None).readers([], [], by_name=False))  # ty: ignore
