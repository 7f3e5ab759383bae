from datetime import date
from decimal import Decimal

import pytest

from tests.unit.sql.conftest import Sandbox

VALUES = [
    ("'1' + 1", 2.0, "double"), ("7 / 2", 3.5, "double"), ("-7 div 2", -3, "int"), ("-7 % 3", -1, "int"),
    ("1 / 0", None, "double"), ("cast(1.5 as bigint)", 1, "bigint"), ("cast('1.6' as bigint)", 1, "bigint"),
    ("cast('abc' as bigint)",
     None, "bigint"), ("10L", 10, "bigint"), ("5S", 5, "smallint"), ("3Y", 3, "tinyint"),
    ("1.5BD", Decimal("1.5"), "decimal(2,1)"), ("date'2024-01-02'", date(2024, 1, 2), "date"),
    ("1 == 1", True, "boolean"), ("null <=> null", True, "boolean"), ("1 != 2", True, "boolean"),
    ("'10' > 9", True, "boolean"), ("'a' = 1", None, "boolean"), ("'abc' rlike '^a'", True, "boolean"),
    ("'a' || 1", "a1", "string"), ("array(1, 2, 3)[1]", 2, "int"), ("array(1)[9]", None, "int"),
    ("map('k', 5)['k']", 5, "int"), ("named_struct('f', 'v').f", "v", "string"), ("null", None, "string"),
    ("if(1 > 2, 'a', 'b')", "b", "string"), ("case 2 when 1 then 'x' else 'y' end", "y", "string"),
    ("decode(null, null, 'n', 'm')",
     "n", "string"), ("nvl(null, 1)", 1, "int"), ("coalesce(null, 2.5, 1)", 2.5, "double"),
    ("'a%' like 'a\\\\%'",
     True, "boolean"), ("'a' not like 'b%'", True, "boolean"), ("1 in (2, '1')", True, "boolean"),
    ("2 between 1 and 3", True, "boolean"), ("(1, 2) in ((1, 2))", True, "boolean"), ("~1", -2, "bigint"),
    ("cast(datetime'2024-01-01 10:00:00' as string)", "2024-01-01 10:00:00", "string"),
    ("cast('2024-01-01' as date)", date(2024, 1, 1), "date"),
    ("date'2024-01-02' > '2024-01-01'",
     True, "boolean"), ("date'2024-01-31' + interval 1 month", date(2024, 2, 29), "date"),
    ("transform(array(1, 2), x -> x * 10)", [10, 20], "array<int>"), ("max_pt('t')", "20240103", "string"),
    ("cast(1 as decimal(10,2)) * cast(2 as decimal(5,3))", Decimal("2.00000"), "decimal(16,5)"),
    ("cast(9999999999999.99BD as decimal(15,2)) * cast(99999999999999.99BD as decimal(16,2))",
     Decimal("999999999999998900000000000.0001"), "decimal(32,4)"),
    ("cast(2000000000 as int) * cast(99999999999.99BD as decimal(13,2))", Decimal("199999999999980000000.00"),
     "decimal(24,2)"),
    ("current_user", "me", "string"), ("extract(year from date'2024-05-06')", 2024, "int"),
    ("2 * 3 ^ 1", 4, "bigint"), ("4 | 2 & 3", 6, "bigint"), ("6 & 3 | 8", 10, "bigint"), ("1 || 2 & 3", 0, "bigint"),
    ("1 || 2 + 3", "15", "string"), ("substring('abcdef' from 2 for 3)", "bcd", "string"),
    ("substring('abcdef' from 2)", "bcdef", "string"), ("sequence(1, 3)", [1, 2, 3], "array<int>"),
    ("to_char(datetime'2024-01-31 10:00:00' + interval '1.5' second, 'ss.ff3')", "01.500", "string"),
    ("trim(both 'x' from 'xax')", "a", "string"), ("interval 1 day is not null", True, "boolean"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "value", "of"), VALUES, ids=[value[0] for value in VALUES])
def test_value_and_type(box: Sandbox, expression: str, value: object, of: str):
    assert (box.value(expression), box.type(expression)) == (value, of)


FUNCTIONS = [
    ("substr('abc', -2)", "bc"), ("substr('abc', 2, 1)", "b"), ("split_part('a,b,c', ',', 3)", "c"),
    ("instr('hello', 'l', 1, 2)",
     4), ("concat_ws(',', 'a', null, 'b')", None), ("find_in_set('b', 'a,b')", 2),
    ("keyvalue('a:1;b:2', 'b')", "2"), ("str_to_map('a=1,b=2')", {"a": "1", "b": "2"}), ("lengthb('中')", 3),
    ("regexp_replace('1-2', '\\\\d', 'n')", "n-n"), ("get_json_object('{\"a\":{\"b\":1}}', '$.a.b')", "1"),
    ("to_char(to_date('20240102', 'yyyymmdd'), 'yyyy-mm-dd')",
     "2024-01-02"), ("weekday(date'2024-01-01')", 0),
    ("to_char(dateadd(datetime'2024-01-31 00:00:00', 1, 'mm'), 'yyyymmdd')", "20240229"),
    ("datediff(datetime'2024-01-03 00:00:00', datetime'2024-01-01 00:00:00', 'dd')",
     2), ("ordinal(2, 3, 1, 2)", 2),
    ("to_char(datetrunc(datetime'2024-01-03 12:11:10', 'hh'), 'hh:mi:ss')", "12:00:00"), ("round(2.5)", 3.0),
    ("isnull(null)",
     True), ("greatest(1, 3, 2)", 3), ("least(1, null)", None), ("sort_array(array(2, 1))", [1, 2]),
    ("size(map('a', 1))", 1), ("lpad('a', 3, '0')", "00a"), ("from_unixtime(0) is not null", True),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "value"), FUNCTIONS, ids=[value[0] for value in FUNCTIONS])
def test_functions(box: Sandbox, expression: str, value: object):
    assert box.value(expression) == value


def test_getdate_is_one_moment(box: Sandbox):
    assert box.value("getdate() = getdate() and current_timestamp() >= getdate()") is True


def test_old_types_make_bigint_literals(box: Sandbox):
    assert box.type("1", **{"odps.sql.type.system.odps2": "false"}) == "bigint"
