"""Functions through PyODPS: every kind of result crosses the wire with its type."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from odps import ODPS, errors

Rows = Callable[..., list[tuple]]
VALUES = [
    ("regexp_replace('a1', '[0-9]', '#')", "a#"),
    ("conv('ff', 16, 10)", "255"),
    ("crc32('ABC')", 2743272264),
    ("datediff(date'2024-03-01', date'2024-02-01', 'dd')", 29),
    ("cast(to_date('20240301', 'yyyymmdd') as string)", "2024-03-01 00:00:00"),
    ("date_add('2024-02-28', 1)", date(2024, 2, 29)),
    ("1BD / 3BD", Decimal("0.333333")),
    ("array_sort(array(2, 3, 1), (a, b) -> b - a)", [3, 2, 1]),
    ("map_filter(map('a', 1, 'b', 2), (k, v) -> v > 1)", {"b": 2}),
    ("array_reduce(array(1, 2, 3), 0, (s, x) -> s + x, s -> s)", 6),
    ("soundex('hello')", "H400"),
    ("day('2024-01-31')", 31),
    ("hash(0, 2, 4)", 66),
    ("str_to_map('a=1,a=2')", {"a": "2"}),
    ("encode('ab', 'UTF-16BE')", b"\0a\0b"),
    ("from_charset(to_charset('中', 'GBK'), 'GBK')", "中"),
    ("cast(decompress(compress('abc')) as string)", "abc"),
    ("acos(0.5BD)", Decimal("1.0471975511965979")),
]


@pytest.mark.parametrize(("expression", "value"), VALUES)
def test_values(rows: Rows, expression: str, value: object) -> None:
    assert rows(f"select {expression}") == [(value,)]


def test_table_functions(rows: Rows) -> None:
    assert rows("select trans_array(1, ',', 'w', '1,2') as (k, x)") == [("w", "1"), ("w", "2")]
    assert rows("select json_tuple('{\"a\":1,\"b\":2}', 'a', 'b') as (a, b)") == [("1", "2")]


def test_aggregates(o: ODPS, rows: Rows) -> None:
    o.execute_sql("create table s (k string, v bigint)")
    o.execute_sql("insert into s values ('a', 1), ('a', 2), ('b', 3)")
    sql = "select k, wm_concat(',', v) within group (order by v desc), collect_list(v) from s group by k order by k"
    assert [(k, w, sorted(c)) for k, w, c in rows(f"{sql} limit 9")] == [("a", "2,1", [1, 2]), ("b", "3", [3])]


def test_lengths_are_kept(o: ODPS, rows: Rows) -> None:
    o.execute_sql("create table lengths (v varchar(3))")
    o.execute_sql("insert into lengths values ('abcdef'), ('中文字符')")
    assert sorted(rows("select v from lengths")) == [("abc",), ("中文字",)]


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("chr(300)", "ODPS-0121095:.1,8. Invalid argument"),
        ("to_date('2024-13-01', 'yyyy-mm-dd')", "ODPS-0121095:Invalid argument - can not convert 2024-13-01"),
        ("datediff('2024-03-01', '2024-02-01', 'dd')", "invalid type STRING of argument 1 for function datediff"),
        ("decompress(encode('a', 'utf-8'))", "ODPS-0121095:Invalid argument - the bytes"),
        ("date_add(date'9999-12-31', 1)", "ODPS-0121145:Data overflow - a date"),
        ("substr('a')", "ODPS-0130221"),
        ("sqrt(array(1))", "ODPS-0130121"),
        ("get_user_id()", "not supported by Yunbox"),
    ],
)
def test_errors(o: ODPS, expression: str, code: str) -> None:
    with pytest.raises(errors.ODPSError, match=code):
        o.execute_sql(f"select {expression}")
