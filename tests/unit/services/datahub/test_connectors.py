"""What connectors are told, which partition a record goes to, and what becomes of a move that was interrupted."""

import asyncio
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from yunbox.clients.requests import RequestFailed
from yunbox.kernel.errors import InvalidArgument
from yunbox.services.datahub import limits
from yunbox.services.datahub.catalogue.model import ExpandMode, RecordType, Topic
from yunbox.services.datahub.connectors import odps_sink, oss_sink
from yunbox.services.datahub.connectors.config import PartitionMode, TimestampUnit, parse_odps
from yunbox.services.datahub.connectors.model import Move, Outcome, Part, Told
from yunbox.services.datahub.connectors.odps_sink import settle
from yunbox.services.datahub.connectors.oss_config import parse_oss
from yunbox.services.datahub.connectors.partitions import Discarded, field_values, spec, time_values
from yunbox.services.datahub.connectors.records import Record, read
from yunbox.services.datahub.connectors.sinks import SINKS
from yunbox.storage.log.frame import pack
from yunbox.storage.log.log import Log

SENT: dict[str, Any] = {
    "Project": "p",
    "Table": "t",
    "OdpsEndpoint": "http://service/api",
    "TunnelEndpoint": "http://tunnel",
    "AccessId": "id",
    "AccessKey": "secret",
}
BY_TIME: dict[str, Any] = {
    **SENT,
    "PartitionMode": "SYSTEM_TIME",
    "TimeRange": 30,
    "PartitionConfig": {"ds": "%Y%m%d", "hm": "%H%M"},
}


def test_a_config_is_kept_and_shown() -> None:
    config = parse_odps({**BY_TIME, "TimestampUnit": "SECOND", "TimeZone": "UTC"})
    assert (config.partition_mode, config.timestamp_unit) == (PartitionMode.SYSTEM_TIME, TimestampUnit.SECOND)
    shown = config.shown
    assert "secret" not in str(shown) and "AccessId" not in shown
    assert shown["TimeRange"] == "30"
    assert shown["PartitionConfig"] == '[{"key":"ds","value":"%Y%m%d"},{"key":"hm","value":"%H%M"}]'
    assert parse_odps(shown, config) == config  # what is shown can be sent again, and keeps the key


def test_what_is_left_out_stays() -> None:
    config = parse_odps({"Table": "other", "AccessKey": None}, parse_odps(BY_TIME))
    assert (config.table, config.access_key, config.time_range) == ("other", "secret", 30)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"Base64Encode": "true"}, "Base64Encode"),
        ({"Table": ""}, "Table"),
        ({"AccessKey": None}, "AccessKey"),
        ({"OdpsEndpoint": "ftp://x"}, "OdpsEndpoint"),
        ({"TunnelEndpoint": "http://x:port"}, "TunnelEndpoint"),
        ({"PartitionMode": "META_TIME"}, "PartitionMode"),
        ({"PartitionConfig": {}}, "PartitionConfig"),
        ({"PartitionConfig": {"ds": "%Y-%m"}}, "ds"),
        ({"PartitionConfig": "["}, "PartitionConfig"),
        ({"TimeRange": 5}, "TimeRange"),
        ({"TimeZone": "Mars/Base"}, "Mars/Base"),
        ({"TimestampUnit": "HOUR"}, "TimestampUnit"),
        ({"Project": 7}, "Project"),
    ],
)
def test_what_is_refused_is_named(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidArgument, match=told) as error:
        parse_odps({**BY_TIME, **changed})
    assert error.value.code == "InvalidParameter"


def test_no_config_at_all() -> None:
    for sent in (None, [], "x"):
        with pytest.raises(InvalidArgument, match="Config"):
            parse_odps(sent)


def test_times_are_cut_to_their_range() -> None:
    config = parse_odps(BY_TIME)
    midnight_ms = 1_772_640_000_000  # 2026-03-05 00:00 in Shanghai
    names = ("ds", "hm")
    assert time_values(config, names, midnight_ms) == ("20260305", "0000")
    assert time_values(config, names, midnight_ms - 1) == ("20260304", "2330")
    assert time_values(config, ("hm", "ds"), midnight_ms + 30 * 60_000) == ("0030", "20260305")
    utc = parse_odps({**BY_TIME, "TimeZone": "UTC"})
    assert time_values(utc, names, midnight_ms) == ("20260304", "1600")
    with pytest.raises(Discarded):
        time_values(config, names, 1 << 60)


def test_values_of_partitions() -> None:
    assert field_values([b"a b", b"2026-03-05 10:00"]) == ("a b", "2026-03-05 10:00")
    for value in (None, b"", b"*", b"a'b", b"a,b", b"x" * 256, "\u00e4".encode(), b"%41"):
        with pytest.raises(Discarded):
            field_values([b"good", value])
    assert spec(("ds", "hh"), ("20260305", "10")) == "ds='20260305',hh='10'"
    assert spec((), ()) == ""


class Tunnel:
    """A tunnel whose sessions have a status, or are forgotten."""

    def __init__(self, *statuses: str, commit: str = "") -> None:
        self.statuses = list(statuses)
        self.refusal = commit
        self.calls: list[str] = []

    def status(self, _session: str, _partition: str) -> str:
        self.calls.append("status")
        status = self.statuses.pop(0)
        if status.startswith("No"):
            raise RequestFailed("", code=status, status=404)
        return status

    def commit(self, _session: str, _partition: str) -> None:
        self.calls.append("commit")
        if self.refusal:
            raise RequestFailed("", code=self.refusal, status=409)

    def abort(self, _session: str, _partition: str) -> None:
        self.calls.append("abort")


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Settle a part at a tunnel."""

    def run(tunnel: Tunnel, *, is_fresh: bool = False, given_up: bool = False) -> Outcome:
        monkeypatch.setattr(odps_sink, "OdpsClient", lambda _config: tunnel)
        part = Part("", "session", 3, given_up)
        return settle(parse_odps(SENT), part, is_fresh)

    return run


def test_what_is_committed_is_not_committed_again(settled: Callable[..., Outcome]) -> None:
    tunnel = Tunnel("closed")
    assert (settled(tunnel), tunnel.calls) == (Outcome.DONE, ["status"])


def test_what_is_not_is(settled: Callable[..., Outcome]) -> None:
    for status in ("normal", "closing"):
        tunnel = Tunnel(status)
        assert (settled(tunnel), tunnel.calls) == (Outcome.DONE, ["status", "commit"])
    tunnel = Tunnel()
    assert (settled(tunnel, is_fresh=True), tunnel.calls) == (Outcome.DONE, ["commit"])


def test_what_never_can_be_is_uploaded_anew(settled: Callable[..., Outcome]) -> None:
    assert settled(Tunnel("expired")) is Outcome.AGAIN
    tunnel = Tunnel("normal", commit="SchemaModified")
    assert (settled(tunnel), tunnel.calls) == (Outcome.GIVE_UP, ["status", "commit"])
    tunnel = Tunnel("normal", "NoSuchUpload")
    assert (settled(tunnel, given_up=True), tunnel.calls) == (Outcome.AGAIN, ["status", "abort", "status"])
    assert settled(Tunnel("NoSuchUpload"), given_up=True) is Outcome.AGAIN
    assert settled(Tunnel("normal", "closed"), given_up=True) is Outcome.DONE  # it was under way all the time
    with pytest.raises(RequestFailed):
        settled(Tunnel("normal", "normal"), given_up=True)


def test_what_nobody_knows_is_not_guessed(settled: Callable[..., Outcome]) -> None:
    with pytest.raises(RequestFailed, match="Nobody knows"):
        settled(Tunnel("NoSuchUpload"))
    with pytest.raises(RequestFailed):
        settled(Tunnel("NoSuchTable"))


def test_a_move_goes_on_with_the_key_of_now() -> None:
    config = parse_odps(SENT)
    kept = parse_odps({**SENT, "Table": "then"})
    move = Move(first=0, end=1, time_ms=0, discarded=0, config=kept, fields=(), parts=())
    assert SINKS["sink_odps"].with_keys(move.config, parse_odps({"AccessKey": "new"}, config)).access_key == "new"
    assert kept.with_keys(config).table == "then"


OSS: dict[str, Any] = {"Endpoint": "oss.example.com", "Bucket": "box", "AccessId": "id", "AccessKey": "secret"}


def test_a_config_of_oss() -> None:
    config = parse_oss({**OSS, "Prefix": "a/b", "TimeRange": "60", "TimeFormat": "%Y%m%d%H", "AuthMode": "ak"})
    assert (config.place.url, config.time_range) == ("https://oss.example.com", 60)
    assert "secret" not in str(config.shown) and config.shown["TimeRange"] == "60"
    assert parse_oss(config.shown, config) == config
    for changed, told in (
        ({"AuthMode": "sts"}, "AuthMode"),
        ({"Bucket": "A"}, "Bucket"),
        ({"Prefix": "/a"}, "Prefix"),
        ({"TimeFormat": "%Y%m%d"}, "TimeRange"),
        ({"MaxFileSize": 1}, "MaxFileSize"),
        ({"Endpoint": "ftp://x"}, "Endpoint"),
    ):
        with pytest.raises(InvalidArgument, match=told):
            parse_oss({**OSS, **changed})


def test_objects_are_named_by_their_records() -> None:
    topic = Topic(1, "p", "t", RecordType.BLOB, 1, "", ExpandMode.SPLIT, "", 0.0, 0.0)
    records = [Record(b"", at, 1_772_640_000_000 - 1 + at, 0) for at in (0, 1, 2)]
    config = parse_oss({**OSS, "Prefix": "to"})
    move = oss_sink.upload(topic, 3, Told("c", (), config), records)
    assert [(part.session, part.rows) for part in move.parts] == [
        ("to/202603042355/c_3_0_3", 1),
        ("to/202603050000/c_3_0_3", 2),
    ]
    assert (move.first, move.end, move.config.access_key) == (0, 3, "")
    assert msgspec.json.decode(msgspec.json.encode(move), type=Move) == move


def test_cells_of_lines() -> None:
    cells = [None, b"", b"x", b'a"b', b"a,b", b"a\nb"]
    assert [oss_sink._cell(value) for value in cells] == [b"", b'""', b"x", b'"a""b"', b'"a,b"', b'"a\nb"']


def test_records_are_read_in_steps_and_no_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yunbox.services.datahub.connectors.records._STEP_RECORDS", 3)
    log = Log(tmp_path / "log")
    for first in (0, 4, 8):
        table = struct.pack("<4I", *range(0, 8, 2))
        log.append([pack(first, 1000 + first, 0, table, b"".join(b"%02d" % (first + at) for at in range(4)))])

    def found(first: int, end: int) -> list[tuple[int, bytes, int]]:
        return [(one.sequence, one.data, one.time_ms) for one in asyncio.run(read(log, first, end))]

    assert found(0, 12) == [(at, b"%02d" % at, 1000 + at // 4 * 4) for at in range(12)]
    assert [one[0] for one in found(5, 11)] == [5, 6, 7, 8, 9, 10]
    assert found(12, 12) == found(3, 3) == []
    monkeypatch.setattr(limits, "MOVE_BYTES_MAX", 6)
    assert [one[0] for one in found(2, 12)] == [2, 3, 4]
    log.close()
