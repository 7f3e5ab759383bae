"""What Hologres computes is on the bill: of the engine and of the gateways, by who used it."""

import contextlib
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import oss2

from tests.clients.hologres.clients import allow, connected, made_user
from yunbox.testing.server import Server


def bill(data: Path, *words: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "yunbox", "bill", *words, "--data", str(data), "--output", "json"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["lines"]


def test_seconds_of_the_engine_and_of_gateways(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        auth = oss2.Auth(server.access_key_id, server.access_key_secret)
        bucket = oss2.Bucket(auth, server.endpoints["oss"], "billed-files")
        bucket.create_bucket()
        key = made_user(server, "heavy", allow())
        with connected(server) as client:
            client.execute("create table t (k int primary key)")
            for number in range(200):
                client.execute("insert into t values (%s)", [number])
        with connected(server, key) as client:
            bucket.put_object("a/one.csv", "1\n2\n")
            bucket.put_object("a/two.csv", "3\n")
            with connected(server) as client_of_files:
                of = "external_files(path = 'oss://billed-files/a/', format = 'csv') as (id int)"
                assert client_of_files.execute(f"select sum(id) from {of}").fetchone() == (6,)
            many = "select count(*) from generate_series(1, 3000) a, generate_series(1, 3000) b where a * b % 7 = 3"
            client.execute(many)
    items = {line["item"]: line for line in bill(tmp_path, "--by", "item")}
    assert items["hologres.compute"]["unit"] == "CU-hour"
    assert items["hologres.compute"]["note"] == "the vendor's price was not found"
    assert items["hologres.compute"]["cost"] == 0
    assert round(items["oss.request.get"]["quantity"] * 10_000) == 2, "each object that was read"
    users = {line["principal"]: line for line in bill(tmp_path, "--by", "user", "--project", "hologres://yunbox")}
    account, heavy = sorted(users)
    assert account.startswith("ALIYUN$") and heavy.endswith(":heavy")
    of = {name: sums(tmp_path, name) for name in users}
    assert 0 < of[account]["Insert"] < 60 and 0 < of[heavy]["Select"] < 60
    total = sum(sum(found.values()) for found in of.values())
    assert abs(items["hologres.compute"]["quantity"] * 3600 - total) < 1e-6


def sums(data: Path, name: str) -> dict[str, float]:
    """What somebody has used, in seconds by operation."""
    with contextlib.closing(sqlite3.connect(data / "meta.db")) as db:
        sql = "SELECT operation, sum(quantity) FROM ledger WHERE item = 'hologres.compute' AND principal = ? GROUP BY 1"
        return dict(db.execute(sql, (name,)).fetchall())
