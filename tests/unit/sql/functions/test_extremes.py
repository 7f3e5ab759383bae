"""NULL in the place of each argument gives NULL, and numbers beyond every text and array are no overflow."""

import re

import pytest

from tests.unit.sql.conftest import Sandbox

CALLS = """
left('abc', 1); right('abc', 1); substr('abc', 1, 1); substring('abc', 2, 1); slice(array(1, 2), 1, 1)
regexp_count('abcb', 'b', 1); regexp_instr('abc', 'b', 1); regexp_substr('abc', 'b', 1); split_part('a,b', ',', 1)
lpad('a', 2, 'x'); rpad('a', 2, 'x'); repeat('a', 2); space(2); substring_index('a.b', '.', 1); chr(97)
concat('a', 'b'); format_number(1.5, 1); ngrams(array(1, 2), 2); array_join(array('a'), ','); width_bucket(1, 0, 2, 2)
round(1.5, 1); trunc(1.5, 1); bround(1.5, 1); shiftleft(1, 1); conv('1', 10, 2); pmod(1, 2); pow(2, 3)
atan2(1, 0); sequence(1, 2); date_add(date'2024-01-01', 1); add_months('2024-01-01', 1); next_day('2024-01-01', 'MO')
translate('a', 'a', 'b')
split('a', ','); replace('a', 'b', 'c'); find_in_set('a', 'a'); char_matchcount('a', 'a'); regexp_replace('a', 'a', 'b')
regexp_extract('a', '(a)'); keyvalue('a:1', 'a'); url_encode('a'); parse_url('http://a', 'HOST'); instr('abc', 'b', 1)
"""
EACH = [call.strip() for call in CALLS.replace("\n", ";").split(";") if call.strip()]


COMMA = re.compile(r"(?:'[^']*'|\([^()]*\)|[^,'()])+")


def with_null(call: str) -> list[str]:
    """The call with NULL in the place of each of its arguments."""
    name, _, rest = call.partition("(")
    parts = COMMA.findall(rest[:-1])
    return [f"{name}({', '.join([*parts[:i], 'null', *parts[i + 1 :]])})" for i in range(len(parts))]


@pytest.mark.parametrize("call", EACH)
def test_null_gives_null(box: Sandbox, call: str) -> None:
    assert box.value(call) is not None
    for text in with_null(call):
        assert box.value(text) is None, text


M = 2**63 - 1
HUGE = [
    (f"substr('abc', {M})", ""), (f"substr('abc', 2, {M})", "bc"), (f"substr('abc', -{M}, 1)", "a"),
    (f"left('abc', {M})", "abc"), (f"right('abc', {M})", "abc"), ("left('abc', -1)", ""),
    (f"regexp_instr('abc', 'b', {M})", 0), (f"regexp_count('abc', 'b', {M})", 0), (f"instr('abc', 'b', {M})", 0),
    (f"slice(array(1, 2), {M}, 1)", []), (f"slice(array(1, 2), 1, {M})", [1, 2]), (f"slice(array(1, 2), -{M}, 1)", []),
    (f"ngrams(array(1, 2), {M})", [[1, 2]]), (f"array(1)[{M}]", None),
    (f"round(1.5, {M})", 1.5), (f"round(1.5, -{M})", 0),
    (f"trunc(1.5, {M})", 1.5), (f"split_part('a,b', ',', {M})", ""), (f"sequence(1, {M}, {M})", [1]),
    (f"substring_index('a.b', '.', -{M})", "a.b"), ("cbrt(27)", 3), ("to_char(date'2024-01-01', '')", ""),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "value"), HUGE, ids=[expression for expression, _ in HUGE])
def test_huge_numbers(box: Sandbox, expression: str, value: object) -> None:
    assert box.value(expression) == value
