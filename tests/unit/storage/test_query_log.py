"""The log of statements: newest first, bounded in age and size, and read whatever became of its writers."""

from pathlib import Path

import pytest

from yunbox.storage import query_log
from yunbox.storage.query_log import QueryLog, entries


def day(number: int) -> str:
    return f"202601{number:02}"


def test_the_newest_come_first_and_a_cut_line_is_left_out(tmp_path: Path) -> None:
    for writer in (0, 1):
        log = QueryLog(tmp_path / "queries", writer)
        for number in (1, 2):
            log.add({"query_date": day(number), "query": f"{writer} {number}"})
        log.write()
        assert log.is_empty
    [last] = (tmp_path / "queries").glob("20260102-*-0.jsonl")
    with last.open("a") as file:
        file.write('{"query": "cut o')
    found = [one["query"] for one in entries(tmp_path / "queries")]
    assert sorted(found[:2]) == ["0 2", "1 2"] and sorted(found[2:]) == ["0 1", "1 1"]


def test_age_and_size_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_log, "FILE_BYTES_MAX", 500)
    monkeypatch.setattr(query_log, "BYTES_MAX", 2000)
    log = QueryLog(tmp_path, 0)
    for number in range(1, 10):
        for _ in range(5):
            log.add({"query_date": day(number), "query": "x" * 100})
            log.write()
    log.sweep(day(9), day(3))
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left[-1].startswith(day(9)) and not [name for name in left if name[:8] < day(3)]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 2000


def test_what_waits_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_log, "HELD_MAX", 3)
    log = QueryLog(tmp_path, 0)
    for number in range(5):
        log.add({"query_date": day(1), "n": number})
    log.write()
    assert log.lost == 2
    assert [one["n"] for one in entries(tmp_path)] == [2, 1, 0]


def test_one_reader_gets_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_log, "READ_MAX", 2)
    log = QueryLog(tmp_path, 0)
    for number in range(5):
        log.add({"query_date": day(1), "n": number})
    log.write()
    assert [one["n"] for one in entries(tmp_path)] == [4, 3]


def test_a_full_disk_fails_nobody(tmp_path: Path) -> None:
    log = QueryLog(tmp_path / "queries", 0)
    (tmp_path / "queries").rmdir()
    log.add({"query_date": day(1)})
    log.write()
    assert log.is_empty and not list(entries(tmp_path / "queries"))
