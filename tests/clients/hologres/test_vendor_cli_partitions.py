"""Logical partitions by the vendor's commands, hologres-cli (PyPI): ``hologres table create --partition-mode logical``,
``hologres partition``."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.hologres.clients import connected
from tests.clients.hologres.test_vendor_cli import Commands
from yunbox.testing.server import Server

TABLE = "parted.logs"


@pytest.fixture
def hologres(server: Server, tmp_path: Path) -> Iterator[Commands]:
    with connected(server) as client:
        client.execute("create schema parted")
        client.execute("create extension if not exists hg_toolkit")
    yield Commands(tmp_path, server)
    with connected(server) as client:
        client.execute("drop schema parted cascade")


def test_from_its_making_to_its_end(server: Server, hologres: Commands) -> None:
    hologres(
        "table", "create", "--name", TABLE, "--columns", "a TEXT, b INT, ds DATE NOT NULL", "--primary-key", "b,ds",
        "--partition-by", "ds", "--partition-mode", "logical", "--orientation", "column", "--distribution-key", "b",
        "--partition-expiration-time", "12 month", "--partition-keep-hot-window", "15 day",
        "--partition-require-filter", "true", "--binlog", "replica", "--partition-generate-binlog-window", "3 day",
    )  # fmt: skip
    with connected(server) as client:
        client.execute(f"insert into {TABLE} select 'x', g, current_date - g from generate_series(0, 3) g")
        days = [str(day) for (day,) in client.execute("select current_date - g from generate_series(3, 0, -1) g")]
    assert sorted(one["partition"] for one in hologres("partition", "list", "-t", TABLE)["rows"]) == days
    hologres(
        "partition", "alter", "--table", TABLE, "--partition", f"ds={days[0]}",
        "--set", "keep_alive=TRUE", "--set", "storage_mode=cold", "--set", "generate_binlog=off",
    )  # fmt: skip
    with connected(server) as client:
        asked = f"""select property_key, property_value from hologres.hg_logical_partitioned_table_properties
            where partition = '{days[0]}' order by 1"""
        assert client.execute(asked).fetchall() == [
            ("generate_binlog", "off"), ("keep_alive", "true"), ("storage_mode", "cold")]  # fmt: skip
    hologres("partition", "drop", "--table", TABLE, "--partition", days[1], "--confirm")
    left = sorted(one["partition"] for one in hologres("partition", "list", "-t", TABLE)["rows"])
    assert left == [days[0], *days[2:]]
    assert "LOGICAL PARTITION BY LIST (ds)" in str(hologres("table", "dump", TABLE))
    assert "partition_require_filter" in str(hologres("table", "properties", TABLE))


def test_two_columns(server: Server, hologres: Commands) -> None:
    hologres("table", "create", "--name", "parted.months", "--columns", "b INT, yy TEXT NOT NULL, mm TEXT NOT NULL",
             "--partition-by", "yy, mm", "--partition-mode", "logical")  # fmt: skip
    with connected(server) as client:
        client.execute("insert into parted.months values (1, '2025', '03'), (2, '2025', '04')")
    hologres("partition", "drop", "--table", "parted.months", "--partition", "yy=2025,mm=04", "--confirm")
    assert [one["partition"] for one in hologres("partition", "list", "-t", "parted.months")["rows"]] == ["2025,03"]
