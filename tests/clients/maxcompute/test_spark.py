"""Spark over the buckets that MaxCompute reads and writes, with s3a and with hadoop-aliyun.

pip install pyspark  # in an environment of its own: some 500 MB
YUNBOX_TEST_PYSPARK=/path/to/its/python ./yunbox test -m spark
"""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import oss2
import pytest
from odps import ODPS

from tests.clients.maven import dependencies
from yunbox.testing.server import Server

HERE = Path(__file__).parent
OF_SPARK = ("hadoop-client-", "slf4j-", "commons-lang3", "commons-collections4", "snappy-java", "netty-", "jsr305")
COLUMNS = "id bigint, name string, distance double, delay bigint, price decimal(18, 2), at timestamp"
TOTALS = "count(*), sum(id), sum(distance), sum(delay), sum(price), unix_timestamp(cast(min(at) as datetime)), " + (
    "unix_timestamp(cast(max(at) as datetime))"
)
Run = Callable[[str, str], list[list[str]]]

pytestmark = [pytest.mark.spark, pytest.mark.timeout(900)]


@pytest.fixture(scope="session")
def jars(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The connectors, less what Spark brings itself."""
    found = dependencies(HERE.parent / "oss" / "hadoop", tmp_path_factory.mktemp("spark"))
    return ",".join(jar for jar in found if not Path(jar).name.startswith(OF_SPARK))


@pytest.fixture
def spark(server: Server, jars: str, tmp_path: Path) -> Run:
    """Run ``spark_story.py`` and return what it tells."""
    python = os.environ.get("YUNBOX_TEST_PYSPARK")
    if not python:
        pytest.skip("YUNBOX_TEST_PYSPARK names no Python with PySpark in it")
    settings = {
        "spark.jars": jars,
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": str(tmp_path),
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.sources.partitionOverwriteMode": "dynamic",
        "spark.hadoop.fs.s3a.endpoint": server.endpoints["oss"],
        "spark.hadoop.fs.s3a.endpoint.region": server.region,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.access.key": server.access_key_id,
        "spark.hadoop.fs.s3a.secret.key": server.access_key_secret,
        "spark.hadoop.fs.oss.impl": "org.apache.hadoop.fs.aliyun.oss.AliyunOSSFileSystem",
        "spark.hadoop.fs.oss.endpoint": server.endpoints["oss"],
        "spark.hadoop.fs.oss.accessKeyId": server.access_key_id,
        "spark.hadoop.fs.oss.accessKeySecret": server.access_key_secret,
    }

    def run(action: str, folder: str) -> list[list[str]]:
        done = subprocess.run(
            [python, str(HERE / "spark_story.py"), action, folder], input=json.dumps(settings),
            capture_output=True, text=True, timeout=600, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    return run


def totals(o: ODPS, table: str) -> list[list[str]]:
    sql = f"select day, {TOTALS} from {table} group by day order by day limit 9"
    with o.execute_sql(sql, hints={"odps.sql.allow.fullscan": "true"}).open_reader() as reader:
        return [[str(value) for value in record.values] for record in reader]


@pytest.mark.parametrize(("writer", "reader"), [("s3a", "oss"), ("oss", "s3a")])
def test_spark_and_maxcompute_read_what_the_other_wrote(
    o: ODPS, bucket: oss2.Bucket, spark: Run, writer: str, reader: str
) -> None:
    told = spark("write", f"{writer}://{bucket.bucket_name}/spark")
    assert [(row[0], row[1]) for row in told] == [("天 0", "3334"), ("天 1", "500"), ("天 2", "3338")]
    for table, folder in (("flights", "spark"), ("copied", "maxcompute")):
        o.execute_sql(
            f"create external table {table} ({COLUMNS}) partitioned by (day string) stored as parquet"
            f" location 'oss://{bucket.bucket_name}/{folder}/'"
        )
    o.execute_sql("msck repair table flights add partitions")
    assert totals(o, "flights") == told
    full = {"odps.sql.allow.fullscan": "true"}
    o.execute_sql("insert overwrite table copied partition (day) select * from flights", hints=full)
    assert spark("read", f"{reader}://{bucket.bucket_name}/maxcompute") == told
    o.execute_sql(
        f"unload from (select * from flights where day = '天 1') into location 'oss://{bucket.bucket_name}/unloaded/'"
        " stored as parquet"
    )
    assert spark("read", f"{writer}://{bucket.bucket_name}/unloaded") == told[1:2]
