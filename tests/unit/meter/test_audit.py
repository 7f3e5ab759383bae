"""The audit trail: management and refusals whole, data added up; kept by age, bounded in size."""

import json
from pathlib import Path

import pytest

from yunbox.kernel.clock import ManualClock
from yunbox.meter import audit
from yunbox.meter.audit import Audit
from yunbox.meter.journal import CONTROL, Event

DAY_S = 86_400


class Trail:
    """An audit trail, and what lies on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.audit = Audit(folder, self.clock)

    def see(self, operation: str, times: int = 1, **more: object) -> None:
        for _ in range(times):
            event = Event(self.clock.time(), "R", "oss", operation, principal="ALIYUN$a", code="OK", decision="allowed")
            for name, value in more.items():
                setattr(event, name, value)
            self.audit.record(event, ())

    def lines(self) -> list[dict]:
        self.audit.flush()
        return [json.loads(line) for path in sorted(self.folder.iterdir()) for line in path.read_text().splitlines()]


@pytest.fixture
def trail(tmp_path: Path) -> Trail:
    return Trail(tmp_path)


def test_management_is_kept_whole_and_data_is_added_up(trail: Trail) -> None:
    trail.see("PutBucketPolicy", plane=CONTROL, resources=["b"])
    trail.see("GetObject", times=5000, downloaded_bytes=10)
    first, second = trail.lines()
    assert (first["operation"], first["resources"]) == ("PutBucketPolicy", ["b"])
    assert (second["operation"], second["calls"], second["downloaded_bytes"]) == ("GetObject", 5000, 50_000)


def test_sums_are_of_one_minute(trail: Trail) -> None:
    trail.see("GetObject", times=2)
    trail.clock.advance(60)
    trail.see("GetObject", times=3)
    assert [line["calls"] for line in trail.lines()] == [2, 3]


def test_refusals_are_whole_but_cannot_drown_the_trail(trail: Trail) -> None:
    trail.see("GetObject", times=1000, decision="refused", code="AccessDenied", message="no")
    lines = trail.lines()
    assert len(lines) == audit.REFUSALS_WHOLE_MAX + 1
    assert lines[-1]["calls"] == 1000 - audit.REFUSALS_WHOLE_MAX


def test_a_day_has_a_file_and_is_kept_for_ninety(trail: Trail) -> None:
    trail.see("PutBucket", plane=CONTROL)
    trail.clock.advance(89 * DAY_S)
    trail.see("PutBucket", plane=CONTROL)
    trail.audit.sweep()
    assert len(list(trail.folder.iterdir())) == 2
    trail.clock.advance(2 * DAY_S)
    trail.audit.sweep()
    assert len(list(trail.folder.iterdir())) == 1


def test_the_oldest_give_way_when_it_is_too_much(trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        trail.see("PutBucket", plane=CONTROL, message="x" * 1000)
        trail.clock.advance(DAY_S)
    monkeypatch.setattr(audit, "BYTES_MAX", 2500)
    trail.audit.sweep()
    assert len(list(trail.folder.iterdir())) == 2
