"""What is planned once, and what is planned anew each time."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from yunbox.schema.tables import Column, Table, TableName
from yunbox.schema.type_text import read_type
from yunbox.sql.maxcompute.memo import plan
from yunbox.sql.maxcompute.session import Session

SESSION = Session("p", now=datetime(2026, 1, 1, tzinfo=UTC), user="ALIYUN$a")


class OneTable:
    """A catalogue with the table ``t``."""

    def table(self, name: TableName) -> Table | None:
        return Table(name, (Column("a", read_type("bigint")),)) if name.name == "t" else None

    def partitions(self, name: TableName) -> list[tuple[str, ...]]:
        return []

    def function_exists(self, project: str, name: str) -> bool:
        return False

    def newest_partition(self, name: TableName) -> None:
        return None


def planned(text: str, session: Session = SESSION) -> object:
    return plan(text, OneTable(), session, lambda sql: [(1,)])


def test_a_query_of_constants_is_planned_once() -> None:
    assert planned("select 1 as once;") is planned("select 1 as once;")


def test_the_clock_and_the_user_do_not_matter_to_it() -> None:
    later = replace(SESSION, now=datetime(2027, 1, 1, tzinfo=UTC), user="RAM$a:b")
    assert planned("select 2 as once;") is planned("select 2 as once;", later)


def test_another_setting_schema_or_zone_is_another_plan() -> None:
    first = planned("select 3 as once;")
    others = (
        replace(SESSION, settings={"odps.sql.type.system.odps2": "false"}),
        replace(SESSION, schema="s"),
        replace(SESSION, project="q"),
        replace(SESSION, timezone="UTC"),
    )
    assert all(planned("select 3 as once;", other) is not first for other in others)


@pytest.mark.parametrize(
    "text",
    ["select getdate() as a;", "select current_user() as a;", "select unix_timestamp() as a;", "select a from t;"],
)
def test_what_looks_at_the_clock_the_user_or_a_table_is_planned_anew(text: str) -> None:
    assert planned(text) is not planned(text)


def test_the_clock_is_that_of_each_statement() -> None:
    later = replace(SESSION, now=datetime(2027, 1, 1, tzinfo=UTC))
    assert planned("select getdate() as b;") != planned("select getdate() as b;", later)
