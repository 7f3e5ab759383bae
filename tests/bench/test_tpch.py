"""TPC-H: the 22 questions through PyODPS against a server, and straight in DuckDB on the very same Parquet files.

Both sides end with all rows in an Arrow table, have the same number of threads and take turns.
``YUNBOX_BENCH_SF`` is the scale factor, ``YUNBOX_BENCH_RUNS`` how often each question is asked (the median counts).
"""

import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.parquet
import pytest
from odps import ODPS, options
from odps.tunnel import TableTunnel

from tests.unit.sql.tpch import QUERIES, SCHEMA
from yunbox.testing.server import Server

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]
SCALE = float(os.environ.get("YUNBOX_BENCH_SF", "1"))
RUNS = int(os.environ.get("YUNBOX_BENCH_RUNS", "5"))
RATIO_MAX = float(os.environ.get("YUNBOX_BENCH_RATIO", "1.10"))
ARROW = {"bigint": pyarrow.int64(), "int": pyarrow.int32(), "string": pyarrow.string(), "date": pyarrow.date32(),
         "decimal(15,2)": pyarrow.decimal128(15, 2)}  # fmt: skip


def generate(folder: Path) -> None:
    generator = Path(sys.executable).with_name("tpchgen-cli")
    command = [generator, "parquet", "-s", str(SCALE), "--output-dir", folder]
    subprocess.run(command, check=True, capture_output=True)


def load(o: ODPS, folder: Path) -> None:
    """Create the eight tables and upload them through the Arrow tunnel."""
    tunnel = TableTunnel(o)
    for name, of in SCHEMA.items():
        o.execute_sql(f"create table {name} ({of.replace(';', ',')})")
        fields = [part.strip().split(" ", 1) for part in of.split(";")]
        schema = pyarrow.schema([(column, ARROW[kind]) for column, kind in fields])
        session = tunnel.create_upload_session(name)
        with session.open_arrow_writer(0) as writer:
            for batch in pyarrow.parquet.ParquetFile(folder / f"{name}.parquet").iter_batches(65_536):
                writer.write(pyarrow.Table.from_batches([batch]).cast(schema).combine_chunks().to_batches()[0])
        session.commit([0])


def peer(data: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB in this process, with the tables' own files behind the names."""
    con = duckdb.connect()
    con.execute("SET TimeZone = 'Asia/Shanghai'")
    for name in SCHEMA:
        files = [str(path) for path in (data / "lake").rglob("*.parquet") if name in path.parts]
        assert files, f"no files of {name} under {data / 'lake'}"
        con.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({files})")
    return con


def ask(o: ODPS, text: str) -> pyarrow.Table:
    with o.execute_sql(text).open_reader(tunnel=True, arrow=True) as reader:
        return reader.read_all()


def rows_of(table: pyarrow.Table) -> list[tuple]:
    return list(zip(*[column.to_pylist() for column in table.columns], strict=True))


def same(mine: object, theirs: object) -> bool:
    if isinstance(theirs, int | float | Decimal):
        return float(mine) == pytest.approx(float(theirs), rel=1e-5, abs=1e-5)  # type: ignore[arg-type]
    return mine == theirs


def seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def test_answers_and_ratios(yunbox: Server, o: ODPS, tmp_path: Path, report: Callable[[str], None]) -> None:
    options.sql.settings = {"odps.sql.validate.orderby.limit": "false", "odps.sql.allow.cartesian": "true"}
    generate(tmp_path)
    load(o, tmp_path)
    con = peer(yunbox.data)
    lines, ratios = ["query   yunbox ms   duckdb ms   ratio"], []
    for number, text in enumerate(QUERIES, 1):
        rows, theirs = rows_of(ask(o, text)), con.execute(text).fetchall()
        assert len(rows) == len(theirs), f"question {number}"
        for row, other in zip(rows, theirs, strict=True):
            assert all(same(a, b) for a, b in zip(row, other, strict=True)), (number, row, other)
        pairs = [(seconds(lambda t=text: ask(o, t)), seconds(lambda t=text: con.sql(t).to_arrow_table()))
                 for _ in range(RUNS)]  # fmt: skip
        here, there = (statistics.median(times) for times in zip(*pairs, strict=True))
        ratios.append(here / there)
        lines.append(f"Q{number:<5} {here * 1000:11.1f} {there * 1000:11.1f} {ratios[-1]:7.2f}")
    mean = math.exp(statistics.fmean(map(math.log, ratios)))
    lines.append(f"geometric mean of the ratios at scale factor {SCALE:g}: {mean:.3f} (target <= {RATIO_MAX:g})")
    report("\n  ".join(lines))
    if SCALE >= 1:
        assert mean <= RATIO_MAX
