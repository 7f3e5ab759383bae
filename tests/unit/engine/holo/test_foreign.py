"""Foreign tables in the engine: where its DuckDB may read, the bounds of a statement, filters as plans show them."""

import json
import os
from pathlib import Path

import duckdb
import pytest

from yunbox.engine.holo.config import EngineConfig
from yunbox.engine.holo.database import opened
from yunbox.engine.holo.foreign.pruning import Kept, kept, matching
from yunbox.engine.holo.foreign.tables import SCAN_BYTES_MAX, check_bytes
from yunbox.engine.holo.foreign.types import fits, mapped, value
from yunbox.schema.tables import Column, Table, TableName
from yunbox.schema.types import DataType
from yunbox.wire.odps.types import parse_type
from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.values.modifiers import format_type

TABLE = Table(
    TableName("p", "default", "t"),
    (Column("id", parse_type("bigint")),),
    (Column("pt", parse_type("string")), Column("n", parse_type("bigint"))),
)
VALUES = [("a", "1"), ("it's", "2"), ("b) AND (c", "-3")]


def test_the_engine_reads_the_folder_of_tables_and_no_other(tmp_path: Path) -> None:
    for name in ("lake", "lake-else", "spill"):
        (tmp_path / name).mkdir()
        duckdb.execute(f"COPY (SELECT 7 AS id) TO '{tmp_path / name / 't.parquet'}'")
    config = EngineConfig(
        str(tmp_path), 1 << 28, 1 << 28, 1, os.getpid(), str(tmp_path / "rows"), "", str(tmp_path / "lake")
    )
    db = opened(config)
    read = "SELECT id FROM read_parquet('{0}')"
    assert db.execute(read.format(tmp_path / "lake" / "t.parquet")).fetchall() == [(7,)]
    for path in ("lake-else/t.parquet", "lake/../lake-else/t.parquet"):
        with pytest.raises(duckdb.PermissionException):
            db.execute(read.format(tmp_path / path))
    for statement in ("SET enable_external_access = true", "SET allowed_directories = ['/']"):
        with pytest.raises(duckdb.Error):
            db.execute(statement)


def test_so_many_bytes_at_most() -> None:
    check_bytes(SCAN_BYTES_MAX)
    with pytest.raises(PgError) as caught:
        check_bytes(SCAN_BYTES_MAX + 1)
    assert caught.value.report.sqlstate == "54000"
    assert caught.value.report.message == (
        "Build desc failed: Exceeds the scan limitation of 200 GB, current scan 201 GB.")  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ("(pt = 'it''s')", [1]),
        ("(pt = 'b) AND (c')(n < 0)", [2]),
        ("(n IN (1, 2))(NOT contains(filename, '__foreign_0'))", [0, 1]),
        ("((pt = 'a') OR (n = -3))", [0, 2]),
        ("(pt IS NULL)", []),
    ],
)
def test_filters_of_a_plan_are_asked_of_partitions(filters: str, left: list[int]) -> None:
    found = matching(duckdb.connect(), TABLE, VALUES, filters)
    assert found == {VALUES[at] for at in left}


def test_filters_that_cannot_be_asked_say_so() -> None:
    for filters in ("(pt = )", "(other = 1)", "(no_function(pt))"):
        assert matching(duckdb.connect(), TABLE, VALUES, filters) is None


def test_reads_are_known_by_their_markers() -> None:
    def read(**extra: object) -> dict[str, object]:
        return {"name": "READ_PARQUET", "extra_info": {"Function": "READ_PARQUET", **extra}, "children": []}

    marker = "(NOT contains(filename, '__foreign_{0}'))"
    children = [
        read(Filters=marker.format(0), **{"File Filters": "(pt = 'a')", "Scanning Files": "1/3"}),
        read(Filters=[marker.format(1), "(id = 'it''s')"]),
        read(**{"File Filters": "(pt = 'a')"}),
    ]
    plan = [{"name": "JOIN", "extra_info": {}, "children": children}]
    assert kept(json.dumps(plan)) == {"__foreign_0": [Kept("(pt = 'a')", 1)], "__foreign_1": [Kept("", -1)]}


@pytest.mark.parametrize(
    ("remote", "here"),
    [
        ("tinyint", "smallint"), ("smallint", "smallint"), ("int", "integer"), ("bigint", "bigint"), ("float", "real"),
        ("double", "double precision"), ("boolean", "boolean"), ("string", "text"), ("binary", "bytea"),
        ("date", "date"), ("varchar(7)", "character varying(7)"), ("char(3)", "character(3)"),
        ("decimal(12,4)", "numeric(12,4)"),
        ("datetime", "timestamp with time zone"), ("timestamp", "timestamp with time zone"),
        ("array<bigint>", "bigint[]"), ("array<string>", "text[]"),
    ],
)  # fmt: skip
def test_types_of_the_vendors_page(remote: str, here: str) -> None:
    found = mapped(parse_type(remote))
    assert found is not None and format_type(*found) == here
    assert fits(parse_type(remote), *found)


@pytest.mark.parametrize("remote", ["map<string,string>", "struct<a:bigint>", "json", "timestamp_ntz", "array<date>"])
def test_types_that_are_not_on_it(remote: str) -> None:
    assert mapped(parse_type(remote)) is None


def test_a_text_may_be_declared_as_text() -> None:
    assert fits(DataType("varchar", (7,)), 25, -1) and not fits(DataType("varchar", (7,)), 1043, 12)
    assert not fits(DataType("char", (7,)), 25, -1)
    assert value(DataType("char", (3,)), "c") == "rpad(c, 3, ' ')"
