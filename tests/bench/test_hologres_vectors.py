"""Vectors in Hologres: how fast they come in, how long the first query after that takes, and the ten nearest.

``YUNBOX_BENCH_ROWS`` is how many there are, of ``YUNBOX_BENCH_DIMENSIONS`` numbers.
"""

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]
ROWS = int(os.environ.get("YUNBOX_BENCH_ROWS", "100_000"))
DIMENSIONS = int(os.environ.get("YUNBOX_BENCH_DIMENSIONS", "128"))
SOME = 10_000
RUNS = 5
WAYS = {
    "approx_euclidean_distance": "asc", "pm_approx_squared_euclidean_distance": "asc",
    "approx_inner_product_distance": "desc", "approx_cosine_distance": "desc",
}  # fmt: skip


def test_the_ten_nearest(yunbox: Server, report: Callable[[str], None]) -> None:
    with connected(yunbox) as client:
        client.execute("create extension if not exists proxima")
        check = f"check (array_ndims(v) = 1 and array_length(v, 1) = {DIMENSIONS})"
        client.execute(f"create table features (id bigint primary key, v float4[] {check})")
        chance = np.random.default_rng(1)
        started = time.perf_counter()
        for first in range(0, ROWS, SOME):
            copied(client, first, chance.standard_normal((min(SOME, ROWS - first), DIMENSIONS), dtype=np.float32))
        took = time.perf_counter() - started
        report(f"{ROWS:,} vectors of {DIMENSIONS}: COPY in {took:.0f} s, {ROWS / took:,.0f} a second")
        sought = "{" + ",".join(map(str, chance.standard_normal(DIMENSIONS, dtype=np.float32).tolist())) + "}"
        started = time.perf_counter()
        client.execute("select count(*) from features where v[1] > 0")
        report(f"the first query, which makes the copy in columns: {time.perf_counter() - started:.1f} s")
        for name, order in WAYS.items():
            sql = f"select id, {name}(v, '{sought}') as d from features order by d {order} limit 10"
            report(f"{name}: {asked_s(client, sql) * 1000:.0f} ms")


def copied(client: psycopg.Connection[Any], first: int, rows: Any) -> None:
    with client.cursor().copy("copy features from stdin (format binary)") as copy:
        copy.set_types(["int8", "float4[]"])
        for number, row in enumerate(rows.tolist(), first):
            copy.write_row((number, row))


def asked_s(client: psycopg.Connection[Any], sql: str) -> float:
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        client.execute(sql.encode()).fetchall()
        times.append(time.perf_counter() - started)
    return statistics.median(times)
