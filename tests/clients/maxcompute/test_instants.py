"""Instants that are hard to keep, through every path of PyODPS: before 1901 in Shanghai, and to the nanosecond.

Shanghai had local mean time, UTC+8:05:43, until 1901 (IANA's tz database). Tables are Delta tables, which keep
microseconds: what is finer is refused by name, wherever it comes in, and never cut.
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pytest
from odps import ODPS, options
from odps.errors import ODPSError
from odps.tunnel import TableTunnel

SHANGHAI = ZoneInfo("Asia/Shanghai")
OLD = datetime(1900, 1, 1, tzinfo=SHANGHAI)
FINE = pd.Timestamp("2020-01-01 00:00:00.123456789")
REFUSED = "finer than a microsecond is not supported"


@pytest.fixture(autouse=True)
def zone() -> Iterator[None]:
    """PyODPS in Shanghai, where old days may be read."""
    kept = options.local_timezone, options.allow_antique_date
    options.local_timezone, options.allow_antique_date = "Asia/Shanghai", True
    yield
    options.local_timezone, options.allow_antique_date = kept


def local(value: datetime) -> datetime:
    """A value without its zone: what every path must show."""
    return value.replace(tzinfo=None)


def test_an_instant_before_1901(o: ODPS) -> None:
    table = o.create_table("t", "d datetime, ts timestamp")
    with table.open_writer() as writer:
        writer.write([[OLD, pd.Timestamp(OLD)]])
    o.execute_sql("insert into t select datetime '1900-01-01 00:00:00', timestamp '1900-01-01 00:00:00'")
    instance = o.execute_sql("select * from t")
    found = {
        "records": [r.values for r in table.open_reader()],
        "head": [r.values for r in table.head(2)],
        "preview": [r.values for r in table.head(2, use_legacy=False)],
        "pandas": table.to_pandas().values.tolist(),
        "csv": [r.values for r in instance.open_reader(tunnel=False)],
        "result": [r.values for r in instance.open_reader(tunnel=True)],
        "arrow": instance.open_reader(tunnel=True, arrow=True).to_pandas().values.tolist(),
    }
    for path, rows in found.items():
        assert [[local(value) for value in row] for row in rows] == [[local(OLD)] * 2] * 2, path
    with o.execute_sql("select unix_timestamp(d) from t").open_reader() as reader:
        assert {record[0] for record in reader} == {int(OLD.timestamp())}


def test_the_first_rows_are_shown_in_the_zone_of_the_project(o: ODPS) -> None:
    o.execute_sql("create table t as select datetime '2024-01-01 12:00:00' as d")
    assert o.get_table("t").head(1)[0][0] == datetime(2024, 1, 1, 12)
    o.execute_sql("setproject odps.sql.timezone=UTC")
    assert o.get_table("t").head(1)[0][0] == datetime(2024, 1, 1, 4)


@pytest.mark.parametrize("kind", ["timestamp", "timestamp_ntz", "array<timestamp>", "struct<x:timestamp>"])
def test_records_finer_than_a_microsecond_are_refused(o: ODPS, kind: str) -> None:
    table = o.create_table("t", f"v {kind}")
    value = {"array<timestamp>": [FINE], "struct<x:timestamp>": (FINE,)}.get(kind, FINE)
    with pytest.raises(ODPSError, match=REFUSED), table.open_writer() as writer:
        writer.write([[value]])


def test_arrow_finer_than_a_microsecond_is_refused(o: ODPS) -> None:
    o.create_table("t", "ts timestamp, n timestamp_ntz, a array<timestamp>, m map<string,timestamp>")
    tunnel = TableTunnel(o)
    plain = FINE.floor("us")
    for fine in ("ts", "n", "a", "m", ""):
        values = {name: FINE if name == fine else plain for name in ("ts", "n", "a", "m")}
        session = tunnel.create_upload_session("t")
        refused = pytest.raises(ODPSError, match=REFUSED) if fine else nullcontext()
        with refused, session.open_arrow_writer(0) as writer:
            schema = writer._arrow_schema
            columns = [[values["ts"]], [values["n"]], [[values["a"]]], [[("k", values["m"])]]]
            arrays = [pa.array(v, type=f.type) for v, f in zip(columns, schema, strict=True)]
            writer.write(pa.RecordBatch.from_arrays(arrays, schema=schema))
    session.commit([0])
    assert o.get_table("t").open_reader()[0][1] == plain


@pytest.mark.parametrize(
    "sql",
    [
        "select timestamp '2020-01-01 00:00:00.123456789'",
        "select cast('2020-01-01 00:00:00.123456789' as timestamp)",
        "select cast(s as timestamp) from values ('2020-01-01 00:00:00.1234567') t(s)",
        "select cast(s as timestamp_ntz) from values ('2020-01-01 00:00:00.1234567') t(s)",
    ],
)
def test_text_finer_than_a_microsecond_is_refused(o: ODPS, sql: str) -> None:
    with pytest.raises(ODPSError, match=f"ODPS-0130071.*{REFUSED}"):
        o.execute_sql(sql)


def test_a_function_that_reads_less_takes_a_finer_literal(rows: Callable[..., list[tuple]]) -> None:
    sql = "select to_millis(timestamp '2021-01-11 00:00:00.123456789'), year(timestamp '1900-01-01 00:00:00.1234567')"
    assert rows(sql) == [(1610294400123, 1900)]


def test_zeros_are_no_nanoseconds(rows: Callable[..., list[tuple]]) -> None:
    ((found,),) = rows("select cast(s as timestamp) from values ('2020-01-01 00:00:00.123456000') t(s)")
    assert local(found) == datetime(2020, 1, 1, 0, 0, 0, 123456)
