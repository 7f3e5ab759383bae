"""Timestamps in Parquet as other engines write them, read as the instants that they are, and compacted as such."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import oss2
import pyarrow
import pyarrow.parquet
import pytest
from odps import ODPS

NOON = datetime(2013, 5, 9, 12, 0, 0, 123000)
SECONDS = int(NOON.replace(tzinfo=UTC).timestamp())
LATER = NOON + timedelta(hours=1)
AT = pyarrow.timestamp("us", "UTC")
ZONES = ("Asia/Shanghai", "UTC", "America/New_York")


def put(bucket: oss2.Bucket, number: int, *, old: bool) -> None:
    table = pyarrow.table({
        "id": pyarrow.array([number, -number]),
        "At": pyarrow.array([NOON, None], AT),
        "nested": pyarrow.array([{"n": 1, "at": NOON}, None], pyarrow.struct([("n", pyarrow.int64()), ("at", AT)])),
        "later": pyarrow.array([LATER, None], AT),
        "all": pyarrow.array([[NOON, LATER], None], pyarrow.list_(AT)),
        "by": pyarrow.array([[("a", NOON)], None], pyarrow.map_(pyarrow.string(), AT)),
    })  # fmt: skip
    out = io.BytesIO()
    pyarrow.parquet.write_table(table, out, use_deprecated_int96_timestamps=old)
    bucket.put_object(f"t/{number}.parquet", out.getvalue())


@pytest.fixture
def seconds(o: ODPS, bucket: oss2.Bucket) -> Callable[[str], list[tuple]]:
    """A table over what Spark and Hive write, and what says itself that it is in UTC; its instants as seconds."""
    put(bucket, 1, old=True)
    put(bucket, 2, old=False)
    o.execute_sql(
        "create external table t (id bigint, at timestamp, later datetime, nested struct<n: bigint, at: timestamp>,"
        " `all` array<timestamp>, `by` map<string, timestamp>) stored as parquet"
        f" location 'oss://{bucket.bucket_name}/t/'"
    )
    instants = ("at", "later", "nested.at", "`all`[1]", "`by`['a']")
    items = ", ".join(f"unix_timestamp(cast({item} as datetime))" for item in instants)

    def read(zone: str) -> list[tuple]:
        sql = f"select id, {items} from t order by id limit 9"
        with o.execute_sql(sql, hints={"odps.sql.timezone": zone}).open_reader() as reader:
            return [tuple(record.values) for record in reader]

    return read


def expected(number: int) -> tuple:
    return (number, SECONDS, SECONDS + 3600, SECONDS, SECONDS + 3600, SECONDS)


def test_instants_of_96_bits_are_in_utc(seconds: Callable[[str], list[tuple]]) -> None:
    nothing = [(-2, *[None] * 5), (-1, *[None] * 5)]
    for zone in ZONES:
        assert seconds(zone) == [*nothing, expected(1), expected(2)]


def test_instants_are_compacted_as_such(
    bucket: oss2.Bucket, seconds: Callable[[str], list[tuple]], cli: Callable[..., str]
) -> None:
    cli("oss", "compact", f"{bucket.bucket_name}/t/", "--remove")
    [key] = [item.key for item in oss2.ObjectIterator(bucket)]
    schema = pyarrow.parquet.read_schema(io.BytesIO(bucket.get_object(key).read()))
    assert [schema.field(name).type for name in ("At", "later")] == [AT, AT]
    for zone in ZONES:
        assert seconds(zone)[2:] == [expected(1), expected(2)]
