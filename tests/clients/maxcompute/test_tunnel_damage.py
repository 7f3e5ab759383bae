"""What damages a tunnel session, and what does not: bytes of any kind, clients that leave, servers that die."""

import json
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odps import ODPS, errors
from odps.tunnel import TableTunnel

from yunbox.testing.server import Server
from yunbox.wire.odps.compression import SUPPORTED

COLUMNS = "a bigint, s string, l array<string>, m map<string,double>, st struct<x:int>, d decimal(10,2), t timestamp"


@pytest.fixture
def tunnel(o: ODPS) -> TableTunnel:
    return TableTunnel(o)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def connect(server: Server) -> TableTunnel:
    o = ODPS(server.access_key_id, server.access_key_secret, server.project, endpoint=server.endpoint)
    o.create_table("t", "a bigint", if_not_exists=True)
    return TableTunnel(o)


def put(session: Any, block: int, *values: int) -> None:
    with session.open_record_writer(block) as writer:
        for value in values:
            writer.write(session.new_record([value]))


def values(tunnel: TableTunnel) -> list[int]:
    session = tunnel.create_download_session("t")
    with session.open_record_reader(0, session.count) as reader:
        return sorted(record[0] for record in reader)


def alter_session(server: Server, session_id: str, change: Callable[[dict], dict]) -> None:
    """What a crash in the middle of a commit leaves behind."""
    server.stop()
    db = sqlite3.connect(server.data / "meta.db")
    (text,) = db.execute("SELECT body FROM tunnel_sessions WHERE id = ?", (session_id,)).fetchone()
    body = json.dumps(change(json.loads(text)))
    db.execute("UPDATE tunnel_sessions SET status = 'closing', body = ? WHERE id = ?", (body, session_id))
    db.commit()
    db.close()
    server.start()


@pytest.fixture(scope="module")
def victim(shared_yunbox: Server) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = shared_yunbox
        o = ODPS(server.access_key_id, server.access_key_secret, server.project, endpoint=server.endpoint)
        o.create_table("fuzzed", COLUMNS, if_not_exists=True)
        return TableTunnel(o).create_upload_session("fuzzed")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    body=st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda b: b"\x00\x01\x00\x00" + b)),
    arrow=st.booleans(),
    coding=st.sampled_from(["", *SUPPORTED, "nonsense"]),
)
def test_any_bytes_are_answered(victim: Any, body: bytes, arrow: bool, coding: str) -> None:
    params = {"uploadid": victim.id, "blockid": "1", **({"arrow": ""} if arrow else {})}
    headers = {"Content-Encoding": coding} if coding else {}
    try:
        victim._client.put(victim._table.table_resource(), data=body, params=params, headers=headers)
    except errors.ODPSError as error:
        assert error.code in (
            "InvalidArgument",
            "MalformedDataStream",
            "CorruptedDataStream",
            "MaxMessageLengthExceeded",
        ), error


def test_a_session_lives_on_after_damage(o: ODPS, tunnel: TableTunnel) -> None:
    o.create_table("t", "a bigint")
    session = tunnel.create_upload_session("t")
    params = {"uploadid": session.id, "blockid": 0}
    with pytest.raises(errors.ODPSError, match="MalformedDataStream"):
        session._client.put(session._table.table_resource(), data=b"rubbish", params=params)
    put(session, 0, 1)
    session.commit([0])
    assert values(tunnel) == [1]


def test_blocks_outlive_the_server(yunbox: Server) -> None:
    session = connect(yunbox).create_upload_session("t")
    put(session, 0, 1)
    put(session, 1, 2)
    yunbox.kill()
    yunbox.start()
    again = connect(yunbox).create_upload_session("t", upload_id=session.id)
    put(again, 2, 3)
    again.commit([0, 1, 2])
    assert values(connect(yunbox)) == [1, 2, 3]
    yunbox.kill()
    yunbox.start()
    connect(yunbox).create_upload_session("t", upload_id=session.id)._complete_upload()
    assert values(connect(yunbox)) == [1, 2, 3], "a commit that is asked for again is done once"


def test_a_crash_after_the_commit_does_not_double_rows(yunbox: Server) -> None:
    session = connect(yunbox).create_upload_session("t")
    put(session, 0, 1)
    session.commit([0])
    alter_session(yunbox, session.id, lambda body: body)
    connect(yunbox).create_upload_session("t", upload_id=session.id)._complete_upload()
    assert values(connect(yunbox)) == [1]


def test_a_crash_before_the_commit_loses_no_rows(yunbox: Server) -> None:
    tunnel = connect(yunbox)
    session = tunnel.create_upload_session("t")
    put(session, 0, 1)
    put(session, 1, 2)
    alter_session(yunbox, session.id, lambda body: {**body, "base_version": 0})
    connect(yunbox).create_upload_session("t", upload_id=session.id)._complete_upload()
    assert values(connect(yunbox)) == [1, 2]


def test_a_client_that_leaves_frees_its_worker(o: ODPS, tunnel: TableTunnel) -> None:
    o.create_table("t", "a bigint, s string")
    session = tunnel.create_upload_session("t")
    batch = pa.RecordBatch.from_pydict({"a": list(range(200_000)), "s": ["x" * 50] * 200_000})
    with session.open_arrow_writer(0) as writer:
        for _ in range(10):
            writer.write(batch)
    session.commit([0])
    for _ in range(20):
        stream = tunnel.create_download_session("t")._build_input_stream(0, 2_000_000, arrow=True)
        assert stream.read(1000)
        del stream
    with tunnel.create_download_session("t").open_arrow_reader(0, 2_000_000) as reader:
        assert reader.read().num_rows == 2_000_000
