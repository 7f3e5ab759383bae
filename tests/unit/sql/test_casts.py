"""Conversions as the vendor's pages "CAST", "SAFE_CAST", "Data type conversions" and "ODPS-0123091" say."""

from collections.abc import Mapping
from datetime import date, datetime

import duckdb
import pytest

from tests.unit.sql.conftest import Sandbox
from yunbox.kernel.errors import InvalidArgument

STRICT = {"odps.sql.udf.strict.mode": "true"}
FULL = {"odps.sql.executionengine.enable.string.to.date.full.format": "true"}
ZEROS = {"odps.sql.decimal.tostring.trimzero": "false"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("123abc", 123), ("abc", None), ("1.6", 1), ("1.6x", 1), ("-1.6", -1), ("1e3", 1000), (" 12", 12), ("", None),
        ("+5", 5), (".5", 0), ("1_000", 1), ("0x1F", 0), ("-", None), ("9223372036854775807", 2**63 - 1),
        ("9223372036854775807z", 2**63 - 1), ("9223372036854775808", None), ("\u4e2d1", None), ("1\u4e2d", 1),
    ],
)  # fmt: skip
def test_text_to_bigint(box: Sandbox, text: str, number: int | None):
    assert box.value(f"cast('{text}' as bigint)") == number
    assert box.value(f"safe_cast('{text}' as bigint)") == number
    plain = text.lstrip("+- ").replace(".", "").replace("e", "").isdecimal() and number is not None and text.isascii()
    assert box.value(f"safe_cast('{text}' as bigint)", **STRICT) == (number if plain else None)
    if not plain:
        with pytest.raises(duckdb.Error, match=f"ODPS-0123091:.*value '{text}' cannot be casted from String to Bigint"):
            box.value(f"cast('{text}' as bigint)", **STRICT)


@pytest.mark.parametrize("flag", ["odps.sql.udf.strict.mode", "odps.function.strictmode"])
@pytest.mark.parametrize(
    ("of", "shown"),
    [
        ("tinyint", "Tinyint"), ("int", "Int"), ("double", "Double"), ("float", "Float"), ("decimal(10,2)", "Decimal"),
        ("date", "Date"), ("datetime", "Datetime"), ("timestamp", "Timestamp"), ("timestamp_ntz", "Timestamp_ntz"),
    ],
)  # fmt: skip
def test_strict_mode_refuses_what_is_no_value(box: Sandbox, flag: str, of: str, shown: str):
    assert box.value(f"cast('-' as {of})") is None
    assert box.value(f"cast(null as {of})", **{flag: "true"}) is None
    with pytest.raises(duckdb.Error, match=f"ODPS-0123091:Illegal type cast - .* from String to {shown}"):
        box.value(f"cast('-' as {of})", **{flag: "true"})
    with pytest.raises(duckdb.Error, match="ODPS-0123091"):
        box.value(f"cast(array('-') as array<{of}>)", **{flag: "true"})


def test_strict_mode_refuses_a_day_that_there_is_not(box: Sandbox):
    for text in ("2022-13-20", "2022-02-30", "2022-02-30 00:01:01"):
        with pytest.raises(duckdb.Error, match=f"ODPS-0123091:.*value '{text}' cannot be casted from String to Date"):
            box.value(f"cast('{text}' as date)", **STRICT)


@pytest.mark.parametrize(
    ("expression", "flags", "value"),
    [
        ("cast('false' as boolean)", {}, True),
        ("cast('' as boolean)", {}, False),
        ("cast(0 as boolean)", {}, False),
        ("cast('2022-12-20 00:01:01' as date)", {}, None),
        ("cast('2022-12-20 00:01:01' as date)", STRICT, None),
        ("cast('2022-13-20' as date)", {}, None),
        ("cast('2022-12-20 00:01:01' as date)", FULL, date(2022, 12, 20)),
        ("cast('2022-12-20' as date)", FULL, date(2022, 12, 20)),
        ("cast('2014-1-9 12:12:12' as datetime)", {}, None),
        ("cast('2013/12/31 02/34/34' as datetime)", {}, None),
        ("cast('20131231023434' as datetime)", {}, None),
        ("cast('2013-12-31 2:34:34' as datetime)", {}, None),
        ("cast(cast('2014-01-09 12:12:12' as datetime) as string)", {}, "2014-01-09 12:12:12"),
        ("cast(round(cast(12.455 as decimal(38,18)), 3) as string)", {}, "12.455"),
        ("cast(cast(12.340 as decimal(10,3)) as string)", {}, "12.34"),
        ("cast(cast(12 as decimal(10,3)) as string)", {}, "12"),
        ("cast(cast(100 as decimal(10,0)) as string)", {}, "100"),
        ("cast(cast(0 as decimal(10,3)) as string)", {}, "0"),
        ("concat(1.50BD, 'x')", {}, "1.5x"),
        ("cast(cast(12.340 as decimal(10,3)) as string)", ZEROS, "12.340"),
        ("cast(json '\"abc\"' as string)", {}, "abc"),
        ("cast(json '12' as bigint)", {}, 12),
        ("cast('{\"a\":1}' as json) is null", {}, False),
        ("cast(cast('abc' as json) as string)", {}, "abc"),
        ("cast(json 'null' as bigint)", {}, None),
        ("cast(array('1', 'x') as array<bigint>)", {}, [1, None]),
        ("cast(map('a', '1') as map<string,bigint>)", {}, {"a": 1}),
        ("cast(struct('1', 2) as struct<a:bigint,b:string>)", {}, {"a": 1, "b": "2"}),
        ("cast(array(array('1')) as array<array<double>>)", {}, [[1.0]]),
        ("'12a' + 1", {}, 13.0),
        ("'a' = 1", {}, None),
    ],
)
def test_value(box: Sandbox, expression: str, flags: Mapping[str, str], value: object):
    assert box.value(expression, **flags) == value


@pytest.mark.parametrize(
    "expression", ["1BD / 0BD", "1BD % 0BD", "1BD div 0BD", "cast(1 as decimal(38,18)) / cast(0 as decimal(38,18))"]
)
def test_a_decimal_is_not_divided_by_zero(box: Sandbox, expression: str):
    with pytest.raises(duckdb.Error, match="ODPS-0121145:Data overflow"):
        box.value(expression)


def test_other_numbers_divided_by_zero_are_null(box: Sandbox):
    assert box.rows("select 1 / 0, 1 % 0, 1 div 0, 1.5 / 0") == [(None, None, None, None)]


@pytest.mark.parametrize(
    "literal", ["date'2024-02-30'", "date'2024-1-1'", "datetime'2024-01-01 25:00:00'", "json 'abc'"]
)
def test_a_typed_literal_is_read_while_planning(box: Sandbox, literal: str):
    with pytest.raises(InvalidArgument, match=r"ODPS-0(130071|121095):\[1,\d+\]"):
        box.plan(f"select {literal}")


@pytest.mark.parametrize(
    ("given", "column"),
    [("'abc'", "a"), ("'1'", "a"), ("1.5", "a"), ("1BD", "a"), ("2.5BD", "c"), ("'2024-01-01 00:00:00'", "e")],
)
def test_a_column_changes_its_type_by_cast_only(box: Sandbox, given: str, column: str):
    insert = f"insert into t partition (dt='1', hh='1') ({column}) select {given}"
    with pytest.raises(InvalidArgument, match=r"^ODPS-0130141:\[1,13\] Illegal implicit type cast - column"):
        box.plan(insert)
    of = {"a": "bigint", "c": "double", "e": "datetime"}[column]
    box.plan(f"insert into t partition (dt='1', hh='1') ({column}) select cast({given} as {of})")
    box.plan(insert, **{"odps.sql.type.system.odps2": "false"})
    box.plan(insert, **{"odps.sql.hive.compatible": "true"})


def test_a_partition_that_is_no_number_is_not_compared_with_one(box: Sandbox):
    box.catalog.values["t"] = [("pt1", "1")]
    for condition in ("dt in (1, 2)", "dt = 1", "dt > 5"):
        with pytest.raises(InvalidArgument, match=r"^ODPS-0123091:Illegal type cast - .*'pt1'.* from String to Bigint"):
            box.plan(f"select a from t where {condition}")


def test_a_datetime_keeps_its_day_in_a_function(box: Sandbox):
    assert box.value("cast(getdate() as string) like '____-__-__ __:__:__'") is True
    assert isinstance(box.value("cast('2024-01-01 00:00:00' as datetime)"), datetime)
