"""The Java SDK of OSS from Maven Central, unmodified, against a live server."""

import subprocess
from pathlib import Path

import pytest

from tests.clients.maven import compile_stories
from yunbox.testing.server import Server


@pytest.fixture(scope="session")
def classes(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The compiled story and the SDK; returns the class path."""
    return compile_stories(Path(__file__).with_name("java"), tmp_path_factory.mktemp("java"))


@pytest.mark.java
@pytest.mark.timeout(900)
def test_the_java_sdk_of_oss(classes: str, server: Server) -> None:
    done = subprocess.run(
        ["java", "-Dfile.encoding=UTF-8", "-cp", classes, "OssStory", server.endpoints["oss"], server.access_key_id,
         server.access_key_secret],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = [
        "hello {who=me}",
        "range ell",
        "append 7",
        "parts 600000",
        "keys [a/中文 +, big, copy, log]",
        "folders [a/]",
        "signed 600000",
        "NoSuchKey true",
        "deleted 4",
        "exists false",
    ]
    assert done.stdout.splitlines() == [*told, *told]
