"""Every compression PyODPS offers, in both directions, for records and for Arrow: the rows are the same."""

import io
import random
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pyarrow as pa
import pytest
from odps import ODPS, errors
from odps.models import Record
from odps.tunnel import CompressOption, InstanceTunnel, TableTunnel, instancetunnel, tabletunnel
from odps.tunnel.io.stream import get_compress_stream
from odps.tunnel.io.writer import BaseRecordWriter

Algorithm = CompressOption.CompressAlgorithm
NAMES = [a.value for a in Algorithm if a is not Algorithm.ODPS_RAW]
every_algorithm = pytest.mark.parametrize("name", NAMES)
encodings = pytest.mark.parametrize("arrow", [False, True], ids=["records", "arrow"])
ROWS = [[n, f"row {n % 9} 中文" * (n % 5), random.Random(n).random()] for n in range(30_000)]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture
def tunnel(o: ODPS) -> TableTunnel:
    o.create_table("t", "a bigint, s string, d double")
    return TableTunnel(o)


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The codings of the answers that PyODPS has decoded."""
    seen: list[Any] = []
    for module in (tabletunnel, instancetunnel):
        original = module.get_decompress_stream
        monkeypatch.setattr(
            module,
            "get_decompress_stream",
            lambda response, option=None, original=original: (
                seen.append(option and option.algorithm) or original(response, option)
            ),
        )
    return seen


def columns(table: Any) -> dict[str, list]:
    return dict(zip("asd", map(list, zip(*table, strict=True)), strict=True))


def lz4_flaw(name: str) -> Any:
    """PyODPS sends what its buffer holds and then, for lz4, stumbles over the empty one that comes next."""
    return pytest.raises(ValueError, match="compression context") if "LZ4" in name else nullcontext()


def upload(tunnel: TableTunnel, name: str, arrow: bool) -> None:
    session = tunnel.create_upload_session("t", compress_algo=name)
    if arrow:
        with session.open_arrow_writer(0, compress=True) as writer:
            writer.write(pa.RecordBatch.from_pydict(columns(ROWS)))
    else:
        with session.open_record_writer(0, compress=True) as writer:
            for row in ROWS:
                writer.write(session.new_record(row))
    session.commit([0])


def read(session: Any, arrow: bool) -> list[list]:
    if arrow:
        with session.open_arrow_reader(0, session.count, compress=True) as reader:
            return list(map(list, zip(*reader.read().to_pydict().values(), strict=True)))
    with session.open_record_reader(0, session.count, compress=True) as reader:
        return [record.values for record in reader]


@every_algorithm
@encodings
def test_a_table_goes_in_and_comes_out(tunnel: TableTunnel, name: str, arrow: bool, answered: list[Any]) -> None:
    upload(tunnel, name, arrow)
    session = tunnel.create_download_session("t", compress_algo=name)
    assert read(session, arrow) == ROWS
    assert answered == [Algorithm(name)], "the answer was compressed as it was asked for"


@every_algorithm
def test_buffered_writers(tunnel: TableTunnel, name: str) -> None:
    """Of records: PyODPS's buffered Arrow writer sends a compressed body before it has ended it."""
    session = tunnel.create_upload_session("t", compress_algo=name)
    writer = session.open_record_writer(compress=True, buffer_size=500_000)
    for row in ROWS:
        writer.write(session.new_record(row))
    with lz4_flaw(name):
        writer.close()
    session.commit(writer.get_blocks_written())
    assert len(writer.get_blocks_written()) > 1
    assert sorted(read(tunnel.create_download_session("t", compress_algo="zlib"), arrow=False)) == ROWS


@every_algorithm
@encodings
def test_a_result(o: ODPS, tunnel: TableTunnel, name: str, arrow: bool, answered: list[Any]) -> None:
    upload(tunnel, "zstd", arrow=True)
    instance = o.execute_sql("select * from t order by a limit 20000")
    session = InstanceTunnel(o).create_download_session(instance, compress_algo=name)
    assert read(session, arrow) == ROWS[:20_000]
    assert answered == [Algorithm(name)]


@every_algorithm
def test_a_stream(tunnel: TableTunnel, name: str, rows: Callable[..., list]) -> None:
    session = tunnel.create_stream_upload_session("t", compress_algo=name)
    for start in (0, 1000):
        writer = session.open_record_writer(compress=True)
        for row in ROWS[start : start + 1000]:
            writer.write(session.new_record(row))
        with lz4_flaw(name):
            writer.close()
    assert rows("select count(*), sum(a) from t") == [(2000, sum(range(2000)))]


@pytest.mark.parametrize("name", ["ZSTD", "LZ4", "ARROW_LZ4", "RAW"])
@encodings
def test_a_preview(o: ODPS, tunnel: TableTunnel, name: str, arrow: bool) -> None:
    upload(tunnel, "zlib", arrow=True)
    with tunnel.open_preview_reader(o.get_table("t"), limit=500, compress_algo=name, arrow=arrow) as reader:
        found = reader.read().to_pydict() if arrow else [record.values for record in reader]
    assert found == (columns(ROWS[:500]) if arrow else ROWS[:500])


def test_a_preview_has_compressed_buffers(o: ODPS, tunnel: TableTunnel) -> None:
    upload(tunnel, "zlib", arrow=True)
    url = o.get_table("t").table_resource(endpoint=tunnel.tunnel_rest.endpoint, force_schema=True) + "/preview"
    sizes = {}
    for asked in ("", "ZSTD", "LZ4_FRAME", "gzip, deflate, zstd"):
        answer = tunnel.tunnel_rest.get(url, params={"limit": "-1"}, headers={"Accept-Encoding": asked})
        assert "Content-Encoding" not in answer.headers
        assert pa.ipc.open_stream(answer.content).read_all().num_rows == 10_000
        sizes[asked] = len(answer.content)
    assert sizes["ZSTD"] < sizes["LZ4_FRAME"] < sizes[""] == sizes["gzip, deflate, zstd"]


@every_algorithm
def test_a_body_that_is_cut_short_is_refused(tunnel: TableTunnel, name: str) -> None:
    session = tunnel.create_upload_session("t")
    option, sink = CompressOption(name), io.BytesIO()
    writer = BaseRecordWriter(session.schema, get_compress_stream(sink, option))
    for row in ROWS:
        writer.write(Record(schema=session.schema, values=row))
    writer.close()
    body, headers = sink.getvalue(), {"Content-Encoding": option.algorithm.get_encoding()}
    url, params = session._table.table_resource(), {"uploadid": session.id, "blockid": "0"}
    damaged = body[: len(body) // 2] + bytes(100) + body[len(body) // 2 + 100 :]
    for bad in (body[:-1], body[: len(body) // 2], body[:4], body + b"x", damaged):
        with pytest.raises(errors.ODPSError, match=r"MalformedDataStream|CorruptedDataStream|InvalidArgument"):
            session._client.put(url, data=bad, params=params, headers=headers)
    session._client.put(url, data=body, params=params, headers=headers)
    session.commit([0])
    assert tunnel.create_download_session("t").count == len(ROWS)


@pytest.mark.parametrize("name", ["ZSTD", "LZ4", "SNAPPY", "ZLIB"])
@encodings
def test_a_bomb_is_refused_at_once(tunnel: TableTunnel, name: str, arrow: bool) -> None:
    session = tunnel.create_upload_session("t")
    option, sink = CompressOption(name), io.BytesIO()
    stream = get_compress_stream(sink, option)
    for _ in range(256):
        stream.write(bytes(1 << 20))
    stream.flush()
    params = {"uploadid": session.id, "blockid": "0", **({"arrow": ""} if arrow else {})}
    headers = {"Content-Encoding": option.algorithm.get_encoding()}
    with pytest.raises(errors.ODPSError, match="MalformedDataStream"):
        session._client.put(session._table.table_resource(), data=sink.getvalue(), params=params, headers=headers)


def test_a_coding_nobody_has_is_refused_by_name(tunnel: TableTunnel) -> None:
    session = tunnel.create_upload_session("t")
    params = {"uploadid": session.id, "blockid": "0"}
    with pytest.raises(errors.InvalidArgument, match=r"pigz.*x-snappy-framed"):
        session._client.put(
            session._table.table_resource(), data=b"x", params=params, headers={"Content-Encoding": "pigz"}
        )
