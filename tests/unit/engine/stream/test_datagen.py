"""Rows that are made up: which options a field has, and what they do."""

import time
from pathlib import Path

import pytest

from tests.unit.engine.stream.test_files import Jobs
from yunbox.sql.flink.errors import ValidationFailed

COLUMNS = "a BIGINT, s STRING, d DOUBLE, m DECIMAL(5, 2), b BOOLEAN, ts TIMESTAMP(3), x AS a + 1"


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path)


def table(jobs: Jobs, **options: str) -> None:
    given = {"connector": "datagen", "number-of-rows": "50", **options}
    written = ", ".join(f"'{key.replace('_', '.')}' = '{value}'" for key, value in given.items())
    jobs.run(f"CREATE TABLE g ({COLUMNS}) WITH ({written})")


def test_fields_are_made_as_is_said(jobs: Jobs) -> None:
    table(jobs, fields_a_kind="sequence", fields_a_start="5", fields_a_end="200", fields_s_length="3", fields_d_min="1",
          fields_d_max="2", **{"fields.ts.max-past": "1 h", "fields.m.null-rate": "1"})  # fmt: skip
    jobs.run("SELECT * FROM g")
    rows = [row for _, row in jobs.out]
    assert [row[0] for row in rows] == list(range(5, 55)) and [row[6] for row in rows] == list(range(6, 56))
    assert all(len(row[1]) == 3 and 1 <= row[2] <= 2 and row[3] is None for row in rows)
    now = time.time() * 1e6
    assert all(now - 3_700_000_000 < row[5] <= now for row in rows)
    assert max(row[5] for row in rows) - min(row[5] for row in rows) > 1_000_000


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"fields.nosuch.kind": "random"}, "Unsupported options: fields.nosuch.kind"),
        ({"fields.a.nope": "1"}, "Unsupported options: fields.a.nope"),
        ({"fields.a.length": "3"}, "Unsupported options: fields.a.length"),
        ({"fields.s.min": "3"}, "Unsupported options: fields.s.min"),
        ({"fields.s.var-len": "true"}, "Unsupported options: fields.s.var-len"),
        ({"fields.x.kind": "random"}, "Unsupported options: fields.x.kind"),
        ({"fields.a.start": "1"}, "Unsupported options: fields.a.start"),
        ({"fields.a.kind": "sequence", "fields.a.start": "1"}, "required property 'fields.a.end' for sequence"),
        ({"fields.a.kind": "nope"}, "Unsupported generator kind: nope"),
        ({"fields.a.min": "x"}, "Could not parse value 'x' for key 'fields.a.min'"),
        ({"fields.a.null-rate": "x"}, "Could not parse value 'x' for key 'fields.a.null-rate'"),
        ({"fields.ts.max-past": "long"}, "Could not parse value 'long' for key 'fields.ts.max-past'"),
        ({"rows-per-second": "many"}, "Could not parse value 'many' for key 'rows-per-second'"),
    ],
)
def test_what_a_field_has_not_is_named(jobs: Jobs, options: dict[str, str], reason: str) -> None:
    """Also of a field that a query does not read."""
    table(jobs, **options)
    with pytest.raises(ValidationFailed, match=reason):
        jobs.run("SELECT b FROM g")
