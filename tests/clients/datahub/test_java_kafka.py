"""Kafka's own client, for Java: producers number their records unasked, and groups take shards over one by one."""

import subprocess
from pathlib import Path

import pytest

from tests.clients.maven import compile_stories
from tests.datahub import Client
from yunbox.testing.server import Server

pytestmark = [pytest.mark.java, pytest.mark.timeout(900)]
EXPECTED = {
    **{f"produce {coding}": "200" for coding in ("none", "gzip", "snappy", "lz4", "zstd")},
    "without numbers": "10",
    # records taken, of how many kinds, and up to where the group has committed
    "group": "1010 200 1010",
    "goes on": "7 7 1017",
    "sticky": "1017 200 1017",
    "transaction": "TransactionalIdAuthorizationException Transactional Id authorization failed.",
    "has topic": "true",
    "partitions": "3",
    "groups": "Empty",
    "offsets": "1017",
    "no topic": "TimeoutException Topic javakafka.nothing not present in metadata after 3000 ms.",
    "at a time": "0 true 0",
    "a stranger": "SaslAuthenticationException The AccessKey's id or its secret is wrong",
}


def test_kafkas_own_client(server: Server, tmp_path: Path) -> None:
    class_path = compile_stories(Path(__file__).parent / "java" / "kafka", tmp_path)
    with Client(server) as client:
        client.create("javakafka", "t", shards=3)
    where = (server.endpoints["kafka"], server.access_key_id, server.access_key_secret, "javakafka.t")
    run = subprocess.run(
        ["java", "-cp", class_path, "Kafka", *where], check=True, timeout=300, capture_output=True, encoding="utf-8"
    )
    found = dict(line.split("=", 1) for line in run.stdout.splitlines())
    assert found == EXPECTED, run.stderr[-2000:]
