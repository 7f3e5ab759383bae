from decimal import Decimal

import pytest

from tests.unit.sql.conftest import Sandbox
from yunbox.sql.maxcompute.functions import FUNCTIONS, UNSUPPORTED

EXAMPLES = [
    ("greatest(2.5, 5, 3.14BD, '9.9')", Decimal("9.9")),
    ("greatest(1, null)", 1),
    ("greatest(null, null)", None),
    ("greatest('a', 'b')", "b"),
    ("least(2, 1.5, '9')", 1.5),
    ("least(1, null)", None),
    ("least(5, 2, 7)", 2),
    ("greatest('10', 9)", 10.0),
    ("ordinal(3, 1, 3, 2, 5, 2, 4, 6)", 2),
    ("ordinal(1, 3, null)", None),
    ("nvl(null, 'x')", "x"),
    ("nvl2('a', 'b', 'c')", "b"),
    ("nvl2(null, 'b', 'c')", "c"),
    ("nullif(1, 1)", None),
    ("nullif(1, 2)", 1),
    ("coalesce(null, null, 1, null, 3)", 1),
    ("if(100 = 100, 'a', 'b')", "a"),
    ("decode(1, 1, 'taobao', 2, 'alipay', 'other')", "taobao"),
    ("decode(3, 1, 'a', 2, 'b')", None),
    ("hash(1, 'a') = hash(1, 'a')", True),
    ("hash(null) >= 0", True),
    ("length(uuid())", 36),
    ("sample(1, 1)", True),
    ("sample(1, 1, 'a')", True),
    ("get_idcard_sex('110101199003070011')", "M"),
    ("get_idcard_sex('x')", None),
    ("year(get_idcard_birthday('110101199003070011'))", 1990),
    ("get_idcard_age('110101199003070011') > 30", True),
    ("table_exists('t')", True),
    ("table_exists('nope')", False),
    ("partition_exists('t', '20240101', '1')", True),
    ("partition_exists('t', '20240101', '9')", False),
    ("max_pt('p.t')", "20240103"),
    ("typeof(1L)", "bigint"),
    ("bigint('7')", 7),
    ("isnull(null)", True),
    ("cast(null as bigint) is null", True),
    ("'2' > '10'", True),
    ("'2' > 10", False),
    ("2 = '2.0'", True),
    ("1.0 = 1", True),
    ("cast(true as bigint)", 1),
    ("cast('true' as boolean)", True),
    ("cast(3.9 as bigint)", 3),
    ("cast(-3.9 as bigint)", -3),
    ("cast('1' as double)", 1.0),
    ("cast(array(1, 2) as array<string>)", ["1", "2"]),
    ("concat_ws(',', cast(array(1, 2) as array<string>))", "1,2"),
    ("cast(1.5BD as string)", "1.5"),
    ("cast('abcdef' as varchar(3))", "abc"),
    ("cast('ab' as char(4)) = 'ab'", True),
    ("1 / 0", None),
    ("1 % 0", None),
]


@pytest.mark.parametrize(("expression", "value"), EXAMPLES)
def test_documented_examples(box: Sandbox, expression: str, value: object):
    assert box.value(expression) == value


def test_greatest_of_null_when_hive_compatible(box: Sandbox):
    assert box.value("greatest(1, null)", **{"odps.sql.hive.compatible": "true"}) is None


_ONE_TOO_MANY = ", ".join(["1"] * 30)
_OPEN = {name for name, one in FUNCTIONS.items() if any(s.repeats for s in one.signatures)}


@pytest.mark.parametrize(
    "name", sorted({n for n, one in FUNCTIONS.items() if one.kind == "scalar"} - _OPEN - {"if", "extract", "trim"})
)
def test_every_scalar_function_counts_its_arguments(box: Sandbox, name: str):
    with pytest.raises(Exception, match=r"ODPS-0130221.*" + name):
        box.plan(f"select `{name}`({_ONE_TOO_MANY})")


@pytest.mark.parametrize("name", sorted(UNSUPPORTED))
def test_what_is_not_there_says_so(box: Sandbox, name: str):
    with pytest.raises(Exception, match=f"function {name} is not supported"):
        box.plan(f"select {name}(1)")


@pytest.mark.parametrize(
    "expression",
    [
        "substr('a', array(1))",
        "size(1)",
        "array_join(1, ',')",
        "map_keys(array(1))",
        "sqrt(array(1))",
        "dateadd(array(1), 1, 'dd')",
        "json_type(array(1))",
        "format_number(1, 'abc')",
        "sum(array(1))",
        "datepart('2024-01-01', 'xx')",
        "flatten(array(1))",
    ],
)
def test_wrong_types(box: Sandbox, expression: str):
    with pytest.raises(Exception, match="ODPS-0130121"):
        box.plan(f"select {expression}")
