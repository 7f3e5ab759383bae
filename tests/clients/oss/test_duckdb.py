"""DuckDB's httpfs on the S3 dialect. PyPI has it for another DuckDB than ours, which gets a folder of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import oss2
import pytest

from yunbox.testing.server import Server

PACKAGES = ("duckdb==1.5.5", "duckdb-extension-httpfs==1.5.5")
PROGRAM = """
import os, pathlib, duckdb, duckdb_extension_httpfs
extension = next(pathlib.Path(duckdb_extension_httpfs.__file__).parent.rglob("httpfs.duckdb_extension"))
db = duckdb.connect(config={"allow_unsigned_extensions": "true"})
db.execute(f"LOAD '{extension}'")
db.execute("CREATE SECRET (TYPE s3, KEY_ID '%s', SECRET '%s', REGION 'cn-local', ENDPOINT '%s', URL_STYLE 'path', "
           "USE_SSL false)" % tuple(os.environ[name] for name in ("KEY", "SECRET", "HOST")))
db.execute("COPY (SELECT range AS id, range % 3 AS part FROM range(300000)) TO 's3://ducks/t' "
           "(FORMAT parquet, PARTITION_BY (part))")
db.execute("COPY (SELECT 1 AS a, 'x,y' AS b) TO 's3://ducks/one.csv'")
print(db.execute("SELECT count(*), sum(id) FROM read_parquet('s3://ducks/t/*/*.parquet', hive_partitioning = true) "
                 "WHERE part = 1").fetchone())
print(db.execute("SELECT * FROM read_csv('s3://ducks/one.csv')").fetchone())
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("duckdb")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode:
        if shutil.which("uv") is None:
            pytest.skip("needs pip or uv, to install another DuckDB beside ours")
        pip = ["uv", "pip", "install", "--quiet", "--python", sys.executable]
    subprocess.run([*pip, "--target", str(folder), *PACKAGES], check=True)
    return folder


@pytest.fixture
def run(server: Server, packages: Path) -> Callable[[str], str]:
    def call(program: str) -> str:
        host = server.endpoints["oss"].removeprefix("http://")
        keys = {"KEY": server.access_key_id, "SECRET": server.access_key_secret, "HOST": host}
        env = {**os.environ, **keys, "PYTHONPATH": str(packages)}
        done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call


def test_httpfs_reads_and_writes(server: Server, run: Callable[[str], str]) -> None:
    auth = oss2.Auth(server.access_key_id, server.access_key_secret)
    bucket = oss2.Bucket(auth, server.endpoints["oss"], "ducks")
    bucket.create_bucket()
    assert run(PROGRAM).splitlines() == ["(100000, 14999950000)", "(1, 'x,y')"]
    assert len([item.key for item in oss2.ObjectIterator(bucket, "t/part=")]) >= 3
