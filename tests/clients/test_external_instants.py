"""Timestamps in Parquet as other engines write them, read as the instants that they are."""

import io
from datetime import UTC, datetime, timedelta

import oss2
import pyarrow
import pyarrow.parquet
import pytest
from odps import ODPS

NOON = datetime(2013, 5, 9, 12, 0, 0, 123000)


def put(bucket: oss2.Bucket, name: str, **options: bool) -> None:
    table = pyarrow.table({
        "id": pyarrow.array([int(name)]),
        "At": pyarrow.array([NOON], pyarrow.timestamp("us", "UTC")),
        "inner": pyarrow.array([{"at": NOON, "n": 1}]),
        "later": pyarrow.array([NOON + timedelta(hours=1)], pyarrow.timestamp("us", "UTC")),
    })  # fmt: skip
    out = io.BytesIO()
    pyarrow.parquet.write_table(table, out, **options)
    bucket.put_object(f"t/{name}.parquet", out.getvalue())


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC", "America/New_York"])
def test_instants_of_96_bits_are_in_utc(o: ODPS, bucket: oss2.Bucket, zone: str) -> None:
    """As Spark and Hive write them, beside such of 64 bits that say so themselves."""
    put(bucket, "1", use_deprecated_int96_timestamps=True)
    put(bucket, "2")
    o.execute_sql(
        "create external table t (id bigint, at timestamp, later datetime) stored as parquet"
        f" location 'oss://{bucket.bucket_name}/t/'"
    )
    hints = {"odps.sql.timezone": zone}
    seconds = int(NOON.replace(tzinfo=UTC).timestamp())
    sql = "select id, unix_timestamp(cast(at as datetime)), unix_timestamp(later) from t order by id limit 9"
    with o.execute_sql(sql, hints=hints).open_reader() as reader:
        assert [tuple(record.values) for record in reader] == [(n, seconds, seconds + 3600) for n in (1, 2)]
