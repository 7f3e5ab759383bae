"""Arrow through the tunnel: upload to disk, download to a client."""

import statistics
import time
from collections.abc import Callable

import numpy
import pyarrow
import pyarrow.parquet
import pytest
from odps import ODPS
from odps.tunnel import TableTunnel

pytestmark = pytest.mark.bench
ROWS = 4_000_000


def make_table(rows: int) -> pyarrow.Table:
    random = numpy.random.default_rng(1)
    return pyarrow.table(
        {
            "id": pyarrow.array(numpy.arange(rows)),
            "x": pyarrow.array(random.random(rows)),
            "n": pyarrow.array(random.integers(0, 1_000_000, rows)),
            "s": pyarrow.array([f"user-{i % 50_000:08d}" for i in range(rows)]),
        }
    )


def test_arrow_up_and_down(o: ODPS, tmp_path, report: Callable[[str], None]) -> None:
    data = make_table(ROWS)
    size_mb = data.nbytes / 1e6
    o.execute_sql("create table t (id bigint, x double, n bigint, s string)")
    tunnel = TableTunnel(o)
    up, down, peer = [], [], []
    for _ in range(3):
        o.execute_sql("truncate table t")
        started = time.perf_counter()
        session = tunnel.create_upload_session("t")
        with session.open_arrow_writer(0) as writer:
            for batch in data.to_batches(max_chunksize=65_536):
                writer.write(batch)
        session.commit([0])
        up.append(size_mb / (time.perf_counter() - started))

        started = time.perf_counter()
        download = tunnel.create_download_session("t")
        rows = 0
        with download.open_arrow_reader(0, download.count) as reader:
            while (batch := reader.read_next_batch()) is not None:
                rows += batch.num_rows
        assert rows == ROWS
        down.append(size_mb / (time.perf_counter() - started))

        started = time.perf_counter()
        pyarrow.parquet.write_table(data, tmp_path / "peer.parquet", compression="zstd")
        peer.append(size_mb / (time.perf_counter() - started))
    upload, download_speed, local = map(statistics.median, (up, down, peer))
    report(f"Arrow tunnel, {size_mb:.0f} MB: upload {upload:.0f} MB/s to disk (target >= 100), "
           f"download {download_speed:.0f} MB/s (target >= 250); "
           f"upload is {upload / local:.2f} of pyarrow writing the same Parquet locally ({local:.0f} MB/s)")
    assert upload >= 100
    assert download_speed >= 250
