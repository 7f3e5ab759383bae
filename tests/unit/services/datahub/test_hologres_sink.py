"""What a connector to Hologres is told, and how it goes on where a move was interrupted or a record is refused."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

from yunbox.clients.hologres.target import Column, Target
from yunbox.clients.requests import RequestFailed
from yunbox.kernel.errors import InvalidArgument
from yunbox.services.datahub.catalogue.model import ExpandMode, RecordType, SchemaVersion, Topic
from yunbox.services.datahub.connectors import hologres_sink
from yunbox.services.datahub.connectors.config import TimestampUnit
from yunbox.services.datahub.connectors.hologres_config import HologresConfig, parse_hologres
from yunbox.services.datahub.connectors.model import Move, Outcome, Told
from yunbox.services.datahub.connectors.partitions import Discarded
from yunbox.services.datahub.connectors.records import Record
from yunbox.wire.datahub.schema import parse_schema
from yunbox.wire.pgwire.report import failure

SENT: dict[str, Any] = {
    "Endpoint": "holo.example.com:8080",
    "Project": "db",
    "Topic": "t",
    "AccessId": "id",
    "AccessKey": "secret",
}


def test_a_config_is_kept_and_shown() -> None:
    config = parse_hologres({**SENT, "TimestampUnit": "SECOND", "InstanceId": "i", "SkipDirtyPack": "false"})
    assert (config.timestamp_unit, config.skip_dirty_pack) == (TimestampUnit.SECOND, False)
    assert "secret" not in str(config.shown) and config.shown["SkipDirtyPack"] == "false"
    assert parse_hologres(config.shown, config) == config
    now = parse_hologres({**SENT, "Topic": "other", "AccessKey": "new"})
    assert (config.with_keys(now).topic, config.with_keys(now).access_key) == ("t", "new")


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("holo.example.com", ("holo.example.com", 80)),
        ("127.0.0.1:5432", ("127.0.0.1", 5432)),
        ("postgresql://holo.example.com:80/", ("holo.example.com", 80)),
        ("[::1]:5432", ("::1", 5432)),
    ],
)
def test_addresses(endpoint: str, address: tuple[str, int]) -> None:
    assert parse_hologres({**SENT, "Endpoint": endpoint}).address == address


def test_tables() -> None:
    assert parse_hologres(SENT).table == ("public", "t")
    assert parse_hologres({**SENT, "Topic": "s.t"}).table == ("s", "t")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"AuthMode": "sts"}, "AuthMode"),
        ({"Endpoint": "x:99999"}, "Endpoint"),
        ({"Endpoint": "x:80/db"}, "Endpoint"),
        ({"Endpoint": ""}, "Endpoint"),
        ({"Project": ""}, "Project"),
        ({"Topic": "s."}, "Topic"),
        ({"AccessKey": None}, "AccessKey"),
        ({"TimestampUnit": "HOUR"}, "TimestampUnit"),
        ({"BinaryParserConfig": "{}"}, "BinaryParserConfig"),
    ],
)
def test_what_is_refused_is_named(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidArgument, match=told) as error:
        parse_hologres({**SENT, **changed})
    assert error.value.code == "InvalidParameter"


class Database:
    """A table and the mark of one writer; a value in ``refused`` cannot be written."""

    def __init__(self, mark: str | None = None) -> None:
        self.mark = mark
        self.rows: list[str] = []
        self.refused: set[str] = set()
        self.commits = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        before = self.mark, list(self.rows)
        try:
            yield
        except BaseException:
            self.mark, self.rows = before
            raise
        self.commits += 1

    def mark_of(self, _connection: Any, _writer: str) -> str | None:
        return self.mark

    def advance(self, _connection: Any, _writer: str, before: str | None, after: str) -> None:
        assert self.mark == before
        self.mark = after

    def write(self, _connection: Any, _target: Any, _names: Any, rows: list[tuple[Any, ...]], _mode: Any) -> None:
        for (value,) in rows:
            if value in self.refused:
                raise failure("22001", f"{value} is too long")
            self.rows.append(value)


COLUMN = Column("v", 25, "text", False, False, False)
SCHEMA = parse_schema('{"fields": [{"name": "v", "type": "STRING"}]}')
TOPIC = Topic(1, "p", "t", RecordType.TUPLE, 1, "", ExpandMode.SPLIT, "", 0.0, 0.0)
TOPIC.schemas = {0: SchemaVersion(0, SCHEMA, 0.0, "")}


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    made = Database()
    monkeypatch.setattr(hologres_sink, "_written", {})
    monkeypatch.setattr(hologres_sink, "_connected", lambda _config: nullcontext(made))
    monkeypatch.setattr(hologres_sink, "describe", lambda *_: Target("public", "t", (COLUMN,), ()))
    monkeypatch.setattr(hologres_sink, "write", made.write)
    monkeypatch.setattr(hologres_sink.fence, "mark_of", made.mark_of)
    monkeypatch.setattr(hologres_sink.fence, "advance", made.advance)
    monkeypatch.setattr(hologres_sink.RowMaker, "row", lambda _, record: (record.data.decode(),))
    return made


def records(count: int) -> list[Record]:
    return [Record(b"r%d" % at, at, at, 0) for at in range(count)]


def moved(count: int, **changed: Any) -> tuple[HologresConfig, Move]:
    config = parse_hologres({**SENT, **changed})
    return config, hologres_sink.upload(TOPIC, 0, Told("c", ("v",), config), records(count))


def test_a_move_is_written_once(database: Database) -> None:
    config, move = moved(4)
    [part] = move.parts
    assert (part.partition, move.config.access_key) == ("datahub/c/0", "")
    assert hologres_sink.settle(config, part, True) is Outcome.AGAIN
    assert hologres_sink.settle(config, part, False) is Outcome.AGAIN
    assert hologres_sink.upload_again(TOPIC, 0, move, part, records(4)).rows == 4
    assert hologres_sink.settle(config, part, False) is Outcome.DONE
    hologres_sink._written.clear()  # as after a crash
    assert hologres_sink.settle(config, part, False) is Outcome.AGAIN
    assert hologres_sink.upload_again(TOPIC, 0, move, part, records(4)).rows == 4
    assert hologres_sink.settle(config, part, False) is Outcome.DONE
    assert (database.rows, database.commits) == (["r0", "r1", "r2", "r3"], 1)


def test_one_that_was_written_by_half_goes_on(database: Database) -> None:
    config, move = moved(4)
    [part] = move.parts
    database.mark = f"{part.session.partition(':')[0]}:2:1"
    assert hologres_sink.settle(config, part, False) is Outcome.AGAIN
    assert hologres_sink.upload_again(TOPIC, 0, move, part, records(4)).rows == 3, "of the first two one was refused"
    assert (database.rows, database.mark) == (["r2", "r3"], f"{part.session}:1")


def test_records_that_are_no_more_are_not_written_or_were(database: Database) -> None:
    _, move = moved(6)
    [part] = move.parts
    database.mark = f"{part.session.partition(':')[0]}:2:0"
    assert hologres_sink.upload_again(TOPIC, 0, move, part, records(6)[3:]).rows == 5
    assert hologres_sink.upload_again(TOPIC, 0, move, part, []).rows == 6, "when all is written nothing is missing"
    assert database.rows == ["r3", "r4", "r5"]


def test_the_mark_of_another_move_says_nothing(database: Database) -> None:
    _, before = moved(4)
    _, move = moved(4)
    database.mark = f"{before.parts[0].session}:0"
    hologres_sink.upload_again(TOPIC, 0, move, move.parts[0], records(4))
    assert database.rows == ["r0", "r1", "r2", "r3"]


def test_what_is_refused_is_found_and_passed_over(database: Database) -> None:
    database.refused = {"r0", "r5", "r6", "r9"}
    _, move = moved(10)
    assert hologres_sink.upload_again(TOPIC, 0, move, move.parts[0], records(10)).rows == 6
    assert database.rows == ["r1", "r2", "r3", "r4", "r7", "r8"]
    assert database.mark == f"{move.parts[0].session}:4"
    hologres_sink._written.clear()
    assert hologres_sink.upload_again(TOPIC, 0, move, move.parts[0], records(10)).rows == 6, "they are still counted"


@pytest.mark.parametrize("is_known", [False, True], ids=["refused by the table", "known before"])
def test_or_it_stops_there(database: Database, monkeypatch: pytest.MonkeyPatch, is_known: bool) -> None:
    def row(_maker: Any, record: Record) -> tuple[str]:
        if is_known and record.sequence == 5:
            raise Discarded("it is NULL")
        return (record.data.decode(),)

    monkeypatch.setattr(hologres_sink.RowMaker, "row", row)
    database.refused = {"r5"}
    _, move = moved(10, SkipDirtyPack="false")
    for _ in range(2):
        with pytest.raises(RequestFailed, match="record 5") as error:
            hologres_sink.upload_again(TOPIC, 0, move, move.parts[0], records(10))
        assert error.value.is_refusal
    assert database.rows == ["r0", "r1", "r2", "r3", "r4"], "what is before it is there, once"
