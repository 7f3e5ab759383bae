"""MaxCompute's Java SDK from Maven Central, unmodified, against a live server."""

import subprocess
from pathlib import Path

import pytest

from tests.clients.maven import compile_stories
from yunbox.testing.server import Server

VERSIONS = ("0.51.0-public", "0.51.11-public")
"""The oldest that the tests ever drove, and the newest that Maven serves; the console and JDBC stand on such."""


@pytest.fixture(scope="session", params=VERSIONS)
def classes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The compiled story and the SDK; returns the class path."""
    folder, target = Path(__file__).with_name("java"), tmp_path_factory.mktemp("java")
    return compile_stories(folder, target, f"odps.version={request.param}")


@pytest.mark.java
@pytest.mark.timeout(900)
def test_the_java_sdk(classes: str, server: Server, project: str) -> None:
    opens = "--add-opens=java.base/java.nio=ALL-UNNAMED"
    done = subprocess.run(
        ["java", opens, "-Dfile.encoding=UTF-8", "-cp", classes, "Story", server.endpoint, server.access_key_id,
         server.access_key_secret, project],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines() == [
        f"project {project}",
        "columns 3 partitions 1",
        "partition pt='1'",
        "downloaded 1000 sum 499500",
        "read 2 of the first rows, pt 1 1",
        "shipped 3 NORMAL",
        "ODPS_ZLIB 1250975000",
        "ODPS_SNAPPY 1250975000",
        "ODPS_LZ4_FRAME 1250975000",
        "result 1000 row 999 中文",
        "tunnel result 1000",
        "logview true",
        "tenant false",
        "whoami true",
        "security true true",
        "executor 2 rows",
        "clustered hash 4 [a]",
        "refused true",
        "exists true false",
        "exists false",
    ]
