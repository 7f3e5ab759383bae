"""Parameters: the types that PostgreSQL finds out for them, and what statements with them give."""

from typing import Any

import psycopg
import pytest

from tests.unit.sql.hologres.planned import Planned
from tests.unit.sql.hologres.tables import CATALOG
from yunbox.sql.hologres.planner import plan_change
from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import TYPES

STATEMENTS: tuple[tuple[str, tuple[int, ...], tuple[str | None, ...]], ...] = (
    ("select $1::int + 1", (), ("41",)),
    ("select $1 + 1", (), ("41",)),
    ("select 1.5 * $1", (), ("2.50",)),
    ("select $1", (), ("text",)),
    ("select $1 || 'x', $2::date + 1", (), ("a", "2024-02-28")),
    ("select id from shop where id = $1", (), ("2",)),
    ("select id from shop where price > $1 and name like $2 order by id", (), ("9.99", "%o%")),
    ("select id from shop where opened between $1 and $2 order by id", (), ("2024-01-01", "2024-01-31")),
    ("select id from shop where id = any ($1) order by id", (), ("{1,3}",)),
    ("select id from shop where id in ($1, $2) order by id", (), ("1", "2")),
    ("select coalesce($1, 5), case when $2 then 1 else $3 end", (), (None, "t", "7")),
    ("select $1::timestamp, $2::interval, $3::numeric(10,2), $4::bytea, $5::uuid", (),
     ("2024-01-01 10:00", "1 day 2 hours", "1.005", "\\x00ff", "550e8400-e29b-41d4-a716-446655440000")),
    ("select $1 at time zone 'UTC'", (1184,), ("2024-01-01 10:00+08",)),
    ("select $1 + interval '1 day'", (1114,), ("infinity",)),
    ("select $1 = $2", (23, 0), ("1", "1")),
    ("select upper($1), length($2)", (), ("a", "abc")),
    ("select id from shop order by id limit $1 offset $2", (), ("1", "1")),
    ("select * from (values ($1::int8), ($2)) t(x) order by x", (), ("1", "2")),
    ("select $2::int, $1::text", (), ("a", "1")),
    ("select $1::jsonb -> 'a', $2::int[]", (), ('{"a": 1}', "{1,NULL}")),
    ("select count(*) from sale where amount > $1 and day = $2", (), ("1", "2024-01-02")),
    ("select $1 || 'x', concat($1), jsonb_build_object('a', $1), array[$1]", (1700,), ("NaN",)),
    ("select $1 * 2, $1::text", (1700,), ("123456789012345678901234567890123456789012345.5",)),
    ("select $1 is null or id = $1 from shop order by id", (23,), ("2",)),
    ("select string_agg(name, $1 order by id), to_char(at, $2), replace(name, $1, 'x') from shop group by at, name "
     "order by 1", (25, 25), ("{1}", "YYYY {0}")),
    ("select $1::time, $2::bool, $3::float8, $4::varchar(2)", (), ("10:00:01.5", "t", "1e300", "abc")),
)  # fmt: skip
WRONG = (
    "select $1 + $2", "select $2", "select $1::int + $1::date", "select $0", "select $1 is null", "select concat($1)",
    "select jsonb_build_object('a', $1)",
)  # fmt: skip
CHANGES = (
    "insert into sale (shop, day, amount, pieces) values ($1, $2, $3, $4)",
    "insert into sale (shop, day) select $1, $2",
    "update sale set amount = amount + $1 where shop = $2 and day = $3",
    "delete from sale where day < $1 returning shop + $2",
)


def described(oracle: psycopg.Connection[Any], statement: str, types: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """The SQLSTATE, or "", and the types of the parameters."""
    made = oracle.pgconn.prepare(b"", statement.encode(), types)
    state = made.error_field(psycopg.pq.DiagnosticField.SQLSTATE)
    if state is not None:
        return state.decode(), ()
    found = oracle.pgconn.describe_prepared(b"")
    return "", tuple(found.param_type(at) for at in range(found.nparams))


@pytest.mark.parametrize(("statement", "types", "values"), STATEMENTS)
def test_types_and_answers(
    oracle: psycopg.Connection[Any], planned: Planned, statement: str, types: tuple[int, ...], values: tuple[Any, ...]
) -> None:
    _, expected = described(oracle, statement, types)
    assert planned.plan(statement, types).parameters == expected
    given = [None if one is None else one.encode() for one in values]
    there = oracle.pgconn.exec_params(statement.encode(), given, expected)
    rows = [[there.get_value(row, column) for column in range(there.nfields)] for row in range(there.ntuples)]
    read = [
        None if one is None else TYPES[of].codec.read(one, Style()) for of, one in zip(expected, values, strict=True)
    ]
    here = planned.ask(statement, types, read)
    assert here.sqlstate == "", here.message
    assert here.types == tuple(there.ftype(column) for column in range(there.nfields))
    assert [[None if one is None else one.encode() for one in row] for row in here.rows] == rows


@pytest.mark.parametrize("statement", WRONG)
def test_what_is_wrong(oracle: psycopg.Connection[Any], planned: Planned, statement: str) -> None:
    state, _ = described(oracle, statement, ())
    assert state
    with pytest.raises(PgError) as found:
        planned.plan(statement)
    assert found.value.report.sqlstate == state


@pytest.mark.parametrize("statement", CHANGES)
def test_changes(oracle: psycopg.Connection[Any], statement: str) -> None:
    _, expected = described(oracle, statement, ())
    assert plan_change(statement, CATALOG).parameters == expected
