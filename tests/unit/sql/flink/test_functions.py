"""Functions and operators by example: the types and the values that real Flink (2.3) tells of each.

``examples.tsv`` holds an expression, its type, and its value as CAST makes a text of it.
"""

from pathlib import Path

import pytest

from tests.unit.sql.flink.house import value
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.functions import FUNCTIONS

EXAMPLES = [line.split("\t") for line in Path(__file__).with_name("examples.tsv").read_text("utf-8").splitlines()]
NOT_THE_SAME_TWICE = {
    "UUID", "RAND", "RAND_INTEGER", "NOW", "CURRENT_TIMESTAMP", "CURRENT_ROW_TIMESTAMP", "LOCALTIMESTAMP",
    "CURRENT_DATE", "LOCALTIME", "CURRENT_TIME", "PROCTIME", "CURRENT_DATABASE",
}  # fmt: skip


@pytest.mark.parametrize(("expression", "of", "expected"), EXAMPLES, ids=[one[0] for one in EXAMPLES])
def test_an_expression_has_flinks_type_and_value(expression: str, of: str, expected: str) -> None:
    found_type, found = value(expression, as_text=True)
    assert found_type == of
    assert str(found).replace("None", "null") == expected


@pytest.mark.parametrize("name", sorted(NOT_THE_SAME_TWICE))
def test_a_clock_or_a_die_has_a_value(name: str) -> None:
    bare = name.startswith(("CURRENT_T", "CURRENT_DATE", "LOCAL")) and name != "CURRENT_DATABASE"
    argument = "(5)" if name == "RAND_INTEGER" else "" if bare else "()"
    assert value(f"{name}{argument}")[1] is not None


def test_every_function_has_an_example() -> None:
    text = "\n".join(one[0] for one in EXAMPLES).upper()
    missing = {name for name in FUNCTIONS if f"{name}(" not in text and name not in text}
    assert missing <= NOT_THE_SAME_TWICE | {"MAP_UNION", "COSH", "DAY", "TRANSLATE3"}


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("UPPER(1)", r"Cannot apply 'UPPER' to arguments of type 'UPPER\(<INTEGER>\)'"),
        ("UPPER('a', 'b')", "Invalid number of arguments to function 'UPPER'. Was expecting 1 arguments"),
        ("1 + '1'", r"Cannot apply '\+' to arguments of type '<INTEGER> \+ <CHAR\(1\)>'"),
        ("CAST(1 AS DATE)", "Cast function cannot convert value of type INTEGER to type DATE"),
        ("CASE WHEN 1 = 1 THEN 'a' ELSE 1 END", "Illegal mixing of types in CASE or COALESCE statement"),
        ("DATE '2020-13'", "Illegal DATE literal"),
        ("12345678901234567890", "out of range"),
        ("MAX(1, 2)", "Invalid number of arguments to function 'MAX'"),
    ],
)
def test_an_expression_without_sense_is_refused(expression: str, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        value(expression)
