"""Arrow through the tunnel: upload to disk, download to a client."""

import io
import statistics
import time
from collections.abc import Callable

import numpy
import pyarrow
import pyarrow.parquet
import pytest
from odps import ODPS
from odps.tunnel import TableTunnel
from odps.tunnel.io.reader import ArrowStreamReader
from odps.tunnel.tabletunnel import TableDownloadSession

from yunbox.wire.odps.frames import encode_chunks

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


class Memory:
    """A body that is in memory already."""

    def __init__(self, data: bytes) -> None:
        self._body = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        """Read some of it."""
        return self._body.read(size)


def client_bound_mb_s(data: pyarrow.Table) -> float:
    """How fast PyODPS parses a download that costs nothing to fetch: it computes two checksums of every byte."""
    messages = [batch.serialize().to_pybytes() for batch in data.to_batches(max_chunksize=131_072)]
    body = b"".join(bytes(part) for part in encode_chunks(messages))
    started = time.perf_counter()
    reader = pyarrow.ipc.open_stream(ArrowStreamReader(Memory(body), data.schema))
    assert sum(batch.num_rows for batch in reader) == data.num_rows
    return len(body) / 1e6 / (time.perf_counter() - started)


def raw_mb_s(o: ODPS, download: TableDownloadSession) -> float:
    """How fast the server sends a download to a client that only reads it."""
    params = {"downloadid": download.id, "data": "", "arrow": "", "rowrange": f"(0,{download.count})"}
    started = time.perf_counter()
    answer = download._client.get(download._table.table_resource(), params=params, stream=True)
    size = 0
    while piece := answer.raw.read(1 << 20):
        size += len(piece)
    return size / 1e6 / (time.perf_counter() - started)


def test_arrow_up_and_down(o: ODPS, tmp_path, report: Callable[[str], None]) -> None:
    data = make_table(ROWS)
    size_mb = data.nbytes / 1e6
    o.execute_sql("create table t (id bigint, x double, n bigint, s string)")
    tunnel = TableTunnel(o)
    up, down, raw, bound, peer = [], [], [], [], []
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
        raw.append(raw_mb_s(o, tunnel.create_download_session("t")))
        bound.append(client_bound_mb_s(data))

        started = time.perf_counter()
        pyarrow.parquet.write_table(data, tmp_path / "peer.parquet", compression="zstd")
        peer.append(size_mb / (time.perf_counter() - started))
    upload, download_speed, sent, parsed, local = map(statistics.median, (up, down, raw, bound, peer))
    report(
        f"Arrow tunnel, {size_mb:.0f} MB: upload {upload:.0f} MB/s to disk (target >= 100), {upload / local:.2f} of "
        f"pyarrow writing the same Parquet ({local:.0f} MB/s)"
    )
    report(
        f"download {sent:.0f} MB/s to a client that only reads (target >= 250); PyODPS gets {download_speed:.0f} of "
        f"the {parsed:.0f} MB/s at which it parses the same bytes from memory"
    )
    assert upload >= 100
    assert sent >= 250
