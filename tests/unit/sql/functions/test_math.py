import math
from decimal import Decimal

import pytest

from tests.unit.sql.conftest import Sandbox

EXAMPLES = [
    ("abs(-1)", 1),
    ("abs(-1.2)", 1.2),
    ("abs('-2')", 2.0),
    ("acos(0.87)", 0.5155940062460905),
    ("acos(2)", None),
    ("asin(1)", math.asin(1)),
    ("atan(1)", math.pi / 4),
    ("bin(12)", "1100"),
    ("bin(null)", None),
    ("bround(125.315)", 125.0),
    ("bround(125.315, 0)", 125.0),
    ("bround(125.315, 1)", 125.3),
    ("bround(125.315, 2)", 125.32),
    ("bround(-125.315, 2)", -125.32),
    ("bround(123.345, 4)", 123.345),
    ("bround(1.25, 1)", 1.2),
    ("bround(2.5)", 2.0),
    ("cbrt(8)", 2.0),
    ("ceil(1.1)", 2),
    ("ceil(-1.1)", -1),
    ("conv('1100', 2, 10)", "12"),
    ("conv('1100', 2, 16)", "C"),
    ("conv('ab', 16, 10)", "171"),
    ("conv('ab', 16, 16)", "AB"),
    ("conv('1100', null, 10)", None),
    ("conv('-1', 10, 16)", None),
    ("conv(10, 10, 8)", "12"),
    ("conv('zz', 16, 10)", None),
    ("conv('ffffffffffffffff', 16, 2)", "1" * 64),
    ("cos(0)", 1.0),
    ("cosh(0)", 1.0),
    ("round(cot(1), 4)", 0.6421),
    ("cot(0)", None),
    ("degrees(pi())", 180.0),
    ("round(e(), 5)", 2.71828),
    ("exp(0)", 1.0),
    ("factorial(5)", 120),
    ("factorial(21)", None),
    ("floor(1.2)", 1),
    ("floor(-1.2)", -2),
    ("floor(null)", None),
    ("isnan(100.1)", False),
    ("ln(8)", math.log(8)),
    ("ln(-1)", None),
    ("log(2, 8)", 3.0),
    ("log(-2, 8)", None),
    ("log2(8)", 3.0),
    ("log10(100)", 2.0),
    ("negative(5)", -5),
    ("positive(5)", 5),
    ("pi()", math.pi),
    ("pow(2, 4)", 16.0),
    ("pow(2, null)", None),
    ("radians(180)", math.pi),
    ("round(125.315)", 125.0),
    ("round(125.315, 2)", 125.32),
    ("round(-125.315, 2)", -125.32),
    ("round(123.345, 4)", 123.345),
    ("round(123.345, -2)", 100.0),
    ("round(123.345, -4)", 0.0),
    ("round(null, 1)", None),
    ("round(2.567BD, 2)", Decimal("2.57")),
    ("shiftleft(1, 2)", 4),
    ("shiftleft(4, 3)", 32),
    ("shiftleft(1, 31)", -2147483648),
    ("shiftright(4, 2)", 1),
    ("shiftright(32, 3)", 4),
    ("shiftright(-8, 1)", -4),
    ("shiftrightunsigned(8, 2)", 2),
    ("shiftrightunsigned(-14, 2)", 1073741820),
    ("shiftrightunsigned(-14L, 2)", 4611686018427387900),
    ("sign(-2.5)", -1.0),
    ("sign(0)", 0.0),
    ("sqrt(4)", 2.0),
    ("sqrt(-4)", None),
    ("tan(0)", 0.0),
    ("trunc(125.815)", 125.0),
    ("trunc(125.815, 0)", 125.0),
    ("trunc(125.815, 1)", 125.8),
    ("trunc(125.815, 3)", 125.815),
    ("trunc(-125.815, 2)", -125.81),
    ("trunc(125.815, -1)", 120.0),
    ("trunc(125.815, -3)", 0.0),
    ("trunc(123.345, 4)", 123.345),
    ("trunc(1.257BD, 2)", Decimal("1.25")),
    ("pmod(-5, 3)", 1),
    ("pmod(5, 0)", None),
    ("width_bucket(99, 100, 500, 5)", 0),
    ("width_bucket(100, 100, 500, 5)", 1),
    ("width_bucket(199, 100, 500, 5)", 2),
    ("width_bucket(499, 100, 500, 5)", 5),
    ("width_bucket(500, 100, 500, 5)", 6),
    ("width_bucket(501, 100, 500, 5)", 6),
    ("width_bucket(null, 100, 500, 5)", None),
    ("rand() between 0 and 1", True),
    ("rand(1) < 1", True),
]


@pytest.mark.parametrize(("expression", "value"), EXAMPLES)
def test_documented_examples(box: Sandbox, expression: str, value: object):
    found = box.value(expression)
    assert found == (pytest.approx(value, rel=1e-15) if isinstance(value, float) else value)


@pytest.mark.parametrize(
    ("expression", "of"),
    [
        ("ceil(1.1)", "bigint"),
        ("floor(1.1BD)", "decimal(38,0)"),
        ("round(1.25BD, 1)", "decimal(3,2)"),
        ("shiftleft(1L, 1)", "bigint"),
        ("shiftleft(1Y, 1)", "int"),
        ("abs(-1S)", "smallint"),
        ("sqrt(4)", "double"),
        ("1 + 1L", "bigint"),
        ("1Y + 1S", "smallint"),
        ("1 + 1", "int"),
        ("'1' + 1", "double"),
        ("1 + 1.5BD", "decimal(12,1)"),
        ("1.5BD * 1.5BD", "decimal(5,2)"),
        ("1.5BD / 1", "decimal(13,12)"),
        ("1.5 + 1.5BD", "double"),
        ("7 / 2", "double"),
        ("1.25BD % 1BD", "decimal(3,2)"),
    ],
)
def test_types(box: Sandbox, expression: str, of: str):
    assert box.type(expression) == of


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1BD / 3BD", "0.333333"),
        ("cast(1 as decimal(38,18)) / cast(3 as decimal(38,18))", "0.333333"),
        ("cast('12345678901234567890.12' as decimal(22,2)) / 2BD", "6172839450617283945.06"),
        ("cast(2 as decimal(38,18)) * cast(3 as decimal(38,18))", "6"),
        ("0.1BD + 0.2BD", "0.3"),
        ("1BD / 0BD", None),
    ],
)
def test_decimals_are_exact(box: Sandbox, expression: str, value: str | None):
    found = box.value(expression)
    assert found == (None if value is None else Decimal(value))
