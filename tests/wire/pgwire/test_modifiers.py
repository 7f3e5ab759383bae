"""What stands in parentheses behind a type, against PostgreSQL: what it takes, and what it makes of values."""

from collections.abc import Iterator

import pytest

from tests.postgres import Postgres, quoted, running
from tests.wire.pgwire.test_values import psql, unescaped
from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.modifiers import fitted, format_type, modifier
from yunbox.wire.pgwire.values.types import BY_NAME, TYPES

MODIFIERS = {
    "varchar": [(1,), (3,), (10_485_760,), (0,), (10_485_761,)],
    "bpchar": [(1,), (3,), (5,), (0,), (10_485_761,)],
    "bit": [(1,), (3,), (8,), (0,), (83_886_081,)],
    "varbit": [(1,), (3,), (0,)],
    "numeric": [
        (1,), (3,), (3, 1), (3, 3), (3, 5), (2, -3), (38, 18), (1000, 1000), (0,), (1001,), (5, 1001),
        (5, -1001), (1, 2, 3),
    ],
    "time": [(0,), (3,), (6,)],
    "timetz": [(0,), (2,), (-1,)],
    "timestamp": [(0,), (3,), (6,)],
    "timestamptz": [(0,), (1,), (-1,)],
    "interval": [(0,), (3,), (6,)],
    "int4": [(1,)], "text": [(1,)], "float8": [(3,)], "date": [(0,)], "bool": [(1,)], "uuid": [(1,)],
    "_varchar": [(2,)], "_numeric": [(3, 1)],
}  # fmt: skip
TEXTS = {
    "varchar": ["", "a", "abc", "abc  ", "abcd", "ü€😀x", "a   "],
    "bpchar": ["", "a", "abc", "abc  ", "abcdef", "ü€😀x"],
    "bit": ["", "1", "101", "10101", "00000000"],
    "varbit": ["", "1", "101", "10101"],
    "numeric": [
        "0", "0.05", "-0.05", "9.95", "99.94", "99.95", "999.5", "-999.4", "1234", "1500", "99499", "99500", "NaN",
        "inf", "0.0005", "0.00994", "0.00995", "1e-20", "12345678901234567890.123456789012345678",
        "12345678901234567890.1234567890123456785",
    ],
    "time": ["04:05:06.789", "04:05:06.5", "23:59:59.9999", "24:00:00", "00:00:00.0005"],
    "timetz": ["04:05:06.789+08", "23:59:59.999-05"],
    "timestamp": [
        "2024-02-29 23:59:59.9995", "1999-12-31 23:59:59.5", "infinity", "1850-01-01 00:00:00.0005",
        "2000-01-01 00:00:00.4995",
    ],
    "timestamptz": ["2024-02-29 23:59:59.95+00", "-infinity"],
    "interval": ["1 mon 2 days 03:04:05.6789", "-00:00:00.5", "00:00:00.0005", "-00:00:00.0004"],
    "_varchar": ["{ab,\"c \",NULL}", "{abc}", "{{a,b},{c,d}}"],
    "_numeric": ["{1.25,NULL,-1.25}", "{999}"],
}  # fmt: skip

# What a cast that is written, and what an assignment, makes of a text of the type without a modifier.
_MADE = """create function made(t text, kind text, full_kind text, assign bool) returns text language plpgsql as $$
declare shown text;
begin
    if assign then
        execute format('create temp table m (x %s) on commit drop', full_kind);
        execute format('insert into m select $1::%s returning format(''%%s'', x)', kind) into shown using t;
        drop table m;
    else
        execute format('select format(''%%s'', $1::%s::%s)', kind, full_kind) into shown using t;
    end if;
    return shown;
exception when others then
    return sqlstate || ': ' || sqlerrm;
end $$;
create function kept(full_kind text) returns text language plpgsql as $$
declare said text;
begin
    execute format('create temp table k (x %s)', full_kind);
    select atttypmod || ' ' || format_type(atttypid, atttypmod) into said
        from pg_attribute where attrelid = 'k'::regclass and attname = 'x';
    drop table k;
    return said;
exception when others then
    return sqlstate || ': ' || sqlerrm;
end $$;"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running("timezone=UTC") as server:
        psql(server, _MADE)
        yield server


def spelled(kind: str, numbers: tuple[int, ...] = ()) -> str:
    """A type as SQL writes it, with numbers."""
    element = kind.removeprefix("_")
    named = f"{element}({', '.join(map(str, numbers))})" if numbers else f'"{element}"'
    return named + "[]" * kind.startswith("_")


def own(kind: str, numbers: tuple[int, ...]) -> str:
    try:
        kept = modifier(kind.removeprefix("_"), numbers)
    except PgError as refused:
        return str(refused)
    return f"{kept} {format_type(BY_NAME[kind].oid, kept)}"


@pytest.mark.parametrize("kind", MODIFIERS)
def test_modifiers_are_kept_and_written_as_there(postgres: Postgres, kind: str) -> None:
    queries = [f"select kept({quoted(spelled(kind, numbers))})" for numbers in MODIFIERS[kind]]
    said = psql(postgres, ";\n".join(queries) + ";").splitlines()
    assert [own(kind, numbers) for numbers in MODIFIERS[kind]] == said


def test_types_are_written_as_there(postgres: Postgres) -> None:
    known = [
        oid for oid in TYPES if not any(name in TYPES[oid].name for name in ("roaringbitmap", "bsi"))
    ]  # of extensions
    said = psql(postgres, "".join(f"select format_type({oid}, -1);\n" for oid in known)).splitlines()
    assert [format_type(oid) for oid in known] == said


@pytest.mark.parametrize("kind", TEXTS)
def test_values_are_fitted_as_there(postgres: Postgres, kind: str) -> None:
    cases = [
        (text, numbers, assigned) for numbers in MODIFIERS[kind] if own(kind, numbers)[5:6] != ":"
        for text in TEXTS[kind] for assigned in (True, False)
    ]  # fmt: skip
    rows = ", ".join(
        f"({at}, {quoted(text)}, {quoted(spelled(kind, numbers))}, {assigned})"
        for at, (text, numbers, assigned) in enumerate(cases)
    )
    query = f"select made(t, {quoted(spelled(kind))}, f, a) from (values {rows}) v (i, t, f, a) order by i"
    said = [unescaped(line) for line in psql(postgres, f"copy ({query}) to stdout;").split("\n")[:-1]]
    for case, answer in zip(cases, said, strict=True):
        assert ours(kind, *case) == answer, case


def ours(kind: str, text: str, numbers: tuple[int, ...], assigned: bool) -> str:
    one = BY_NAME[kind]
    value = one.codec.read(text, Style())
    kept = modifier(kind.removeprefix("_"), numbers)
    try:
        return one.codec.write(fitted(one.oid, kept, value, explicit=not assigned), Style())
    except PgError as refused:
        return str(refused)
