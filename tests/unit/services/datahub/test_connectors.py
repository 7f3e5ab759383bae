"""What connectors are told, which partition a record goes to, and what becomes of a move that was interrupted."""

from collections.abc import Callable
from typing import Any

import pytest

from yunbox.kernel.errors import InvalidArgument
from yunbox.services.datahub.connectors import sink
from yunbox.services.datahub.connectors.config import OdpsConfig, PartitionMode, TimestampUnit, parse_odps
from yunbox.services.datahub.connectors.model import Part
from yunbox.services.datahub.connectors.partitions import Discarded, field_values, spec, time_values
from yunbox.services.datahub.connectors.sink import Outcome, settle
from yunbox.services.datahub.connectors.tunnel import SinkFailed

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
            raise SinkFailed("", code=status, status=404)
        return status

    def commit(self, _session: str, _partition: str) -> None:
        self.calls.append("commit")
        if self.refusal:
            raise SinkFailed("", code=self.refusal, status=409)

    def abort(self, _session: str, _partition: str) -> None:
        self.calls.append("abort")


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Settle a part at a tunnel."""

    def run(tunnel: Tunnel, *, is_fresh: bool = False, given_up: bool = False) -> Outcome:
        monkeypatch.setattr(sink, "OdpsClient", lambda _config: tunnel)
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
    with pytest.raises(SinkFailed):
        settled(Tunnel("normal", "normal"), given_up=True)


def test_what_nobody_knows_is_not_guessed(settled: Callable[..., Outcome]) -> None:
    with pytest.raises(SinkFailed, match="Nobody knows"):
        settled(Tunnel("NoSuchUpload"))
    with pytest.raises(SinkFailed):
        settled(Tunnel("NoSuchTable"))


def test_a_move_goes_on_with_the_key_of_now() -> None:
    config = parse_odps(SENT)
    kept = parse_odps({**SENT, "Table": "then"})
    move = sink.Move(first=0, end=1, time_ms=0, discarded=0, config=kept, fields=(), parts=())
    assert sink.with_keys(move, parse_odps({"AccessKey": "new"}, config)).access_key == "new"
    assert sink.with_keys(move, config).table == "then"
    assert isinstance(config, OdpsConfig)
