import dataclasses
import re

import pytest

from tests.unit.sql.conftest import Sandbox
from yunbox.schema.tables import TableName
from yunbox.sql.plans import Update

U, T = TableName("p", "default", "u"), TableName("p", "default", "t")
SOURCE = "(select * from values (1, 'uno'), (2, 'dos'), (9, 'x') v(id, word)) s"


@pytest.fixture
def merging(box: Sandbox) -> Sandbox:
    for name in (U, T):
        box.catalog.tables[name] = dataclasses.replace(box.catalog.tables[name], properties={"transactional": "true"})
    return box


def merged(box: Sandbox, text: str) -> list[tuple]:
    made = box.plan(text)
    assert isinstance(made, Update)
    return sorted(box.con.execute(box.sql(made.query)).fetchall())


def test_update_and_insert(merging: Sandbox):
    text = f"merge into u using {SOURCE} on u.a = s.id when matched then update set name = s.word "
    rows = merged(merging, text + "when not matched then insert values (s.id, s.word)")
    assert rows == [(1, "uno"), (2, "dos"), (3, "three"), (9, "x")]


def test_conditions_in_their_order(merging: Sandbox):
    rows = merged(
        merging,
        f"merge into u as m using {SOURCE} on m.a = s.id when matched and s.id > 1 then delete "
        "when matched then update set m.name = case when s.id = 1 then concat(m.name, '!') else 'other' end "
        "when not matched and s.id < 9 then insert (a) values (s.id + 10)",
    )
    assert rows == [(1, "one!"), (3, "three"), (12, None)]


def test_delete(merging: Sandbox):
    assert merged(merging, f"merge into u using {SOURCE} on u.a = s.id when matched then delete") == [(3, "three")]


def test_partitioned_target_is_its_first_scan(merging: Sandbox):
    made = merging.plan("merge into t using u on t.a = u.a when matched then update set b = u.name")
    assert [scan.table.name for scan in made.query.scans] == [T, U]
    assert made.query.scans[0].has_partition_predicate
    rows = merging.con.execute(merging.sql(made.query)).fetchall()
    assert {(row[0], row[1], row[-2], row[-1]) for row in rows} == {
        (1, "one", "20240101", "1"),
        (2, "y", "20240102", "1"),
        (None, None, "20240103", "2"),
    }


def test_one_target_row_takes_one_source_row(merging: Sandbox):
    source = "(select * from values (1, 'a'), (1, 'b') v(id, word)) s"
    with pytest.raises(Exception, match="several source rows match one target row"):
        merged(merging, f"merge into u using {source} on u.a = s.id when matched then update set name = s.word")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("merge into u using t on u.a = t.a", "WHEN MATCHED"),
        ("merge into u using t on u.a = t.a when matched then update set nope = 1", "column nope cannot be changed"),
        ("merge into u using t on u.a = t.a when not matched then insert values (1)", "2 columns are named and 1"),
        ("merge into nope using t on u.a = t.a when matched then delete", "ODPS-0130131"),
    ],
)
def test_refusals(merging: Sandbox, text: str, message: str):
    with pytest.raises(Exception, match=message):
        merging.plan(text)


def test_only_transactional_tables(box: Sandbox):
    with pytest.raises(Exception, match="is not transactional"):
        box.plan("merge into u using t on u.a = t.a when matched then delete")


@pytest.mark.parametrize(
    ("text", "rows"),
    [  # the vendor's page "UPDATE"
        (f"update u set name = s.word from {SOURCE} where u.a = s.id and s.id < 3", [(1, "uno"), (3, "three")]),
        (
            "update u x set name = concat(x.name, y.b) from t y where x.a = y.a and y.dt > '0'",
            [(1, "onex"), (3, "three")],
        ),
        ("update u set (a, name) = (a + 1, 'q') where a = 1", [(2, "q"), (3, "three")]),
        ("update u set name = 'q' where a is distinct from 1", [(1, "one"), (3, "q")]),
    ],
)
def test_update(merging: Sandbox, text: str, rows: list[tuple]):
    assert merged(merging, text) == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("update u set name = 'x' from t, w where u.a = t.a", "UPDATE ... FROM several tables is not supported"),
        ("update u set (a, name) = (select 1, 'x')", "is not supported by Yunbox"),
        ("update u set (a, name) = (1)", "',' expected"),
        ("update u set a = 1, a = 2", "column a is set more than once"),
        ("update u set name = 'x' from t", r"ODPS-0130252:\[1,8\]"),
        ("merge into u using t on u.a > t.a when matched then delete", r"ODPS-0130071:\[1,12\] .* expect equality"),
        ("merge into u using t on u.a = t.zz when matched then delete", r"ODPS-0130071:\[1,12\] .* cannot be resolved"),
        ("merge into u using t on u.a = when matched then delete", r"ODPS-0130161:\[1,12\]"),
    ],
)
def test_refused_updates(merging: Sandbox, text: str, message: str):
    with pytest.raises(Exception, match=re.sub(r"(?<!\\)\(", r"\(", message)):
        merging.plan(text)
