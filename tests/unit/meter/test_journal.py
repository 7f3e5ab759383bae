"""The log of calls: rotated, read by others at once, and never a reason for a call to fail."""

import errno
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from yunbox.meter import journal as module
from yunbox.meter.journal import Event, Journal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "calls.jsonl")
    yield made
    made.close()


def event(number: int = 0) -> Event:
    return Event(1.0, f"R{number}", "oss", "GetObject", code="OK")


def ids(path: Path) -> list[str]:
    return [json.loads(line)["request_id"] for line in path.read_text().splitlines()]


def test_events_are_lines_and_what_is_empty_is_left_out(journal: Journal, tmp_path: Path) -> None:
    journal.record(event())
    journal.flush()
    (line,) = (tmp_path / "calls.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "time": 1.0, "request_id": "R0", "service": "oss", "operation": "GetObject", "code": "OK",
    }  # fmt: skip


def test_only_the_owner_reads_the_log(journal: Journal, tmp_path: Path) -> None:
    assert (tmp_path / "calls.jsonl").stat().st_mode & 0o777 == 0o600


def test_so_many_lines_wait_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FLUSH_S", 1e9)
    monkeypatch.setattr(module, "_LINES_MAX", 4)
    journal = Journal(tmp_path / "calls.jsonl")
    journal._flushed = module.time.monotonic()
    for number in range(6):
        journal.record(event(number))
    assert ids(tmp_path / "calls.jsonl") == ["R0", "R1", "R2", "R3"]
    journal.close()
    assert len(ids(tmp_path / "calls.jsonl")) == 6


def test_full_files_are_put_aside_and_the_oldest_goes(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOG_BYTES_MAX", 100)
    for number in range(20):
        journal.record(event(number))
        journal.flush()
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["calls.jsonl", *(f"calls.jsonl.{number}" for number in range(1, module._LOG_FILES_MAX + 1))]
    assert ids(tmp_path / "calls.jsonl") == ["R19"]
    assert ids(tmp_path / "calls.jsonl.1") == ["R18"]


def test_a_reader_that_fails_is_told_of_and_stops_nobody(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []
    journal.subscribe(lambda _event, _places: 1 / 0)
    journal.subscribe(lambda event, _places: seen.append(event.request_id))
    with caplog.at_level(logging.ERROR, "yunbox"):
        journal.record(event())
    assert seen == ["R0"]
    assert "a reader of events failed" in caplog.text


def test_a_full_disk_fails_no_call(journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_fd: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(module.os, "write", full)
        journal.record(event(1))
        journal.flush()
    journal.record(event(2))
    journal.flush()
    assert ids(tmp_path / "calls.jsonl") == ["R2"]
