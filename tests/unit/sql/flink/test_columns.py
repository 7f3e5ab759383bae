"""The examples again with columns in the place of literals, and with NULLs in these: DuckDB may want constants."""

import pytest

from tests.unit.sql.flink import batch
from tests.unit.sql.flink.house import database, plan
from tests.unit.sql.flink.test_functions import EXAMPLES
from yunbox.sql.flink.parser.tokens import tokens

LITERAL_BEHIND = ("INTERVAL", "DATE", "TIME", "TIMESTAMP", "ESCAPE", "TO", "DEFAULT", "KEY")
SCALE_BY_LITERAL = ("ROUND(1.235", "TRUNCATE(42.324", "TRUNCATE(-1.999")


def with_columns(expression: str) -> tuple[str, list[str]]:
    """An expression whose texts and whole numbers are columns, and what these hold."""
    made: list[str] = []
    values: list[str] = []
    before = ""
    for token in tokens(expression)[:-1]:
        raw = expression[token.start : token.end]
        text = token.kind == "string" and before not in LITERAL_BEHIND and raw.startswith("'")
        number = token.kind == "integer" and before in ("(", ",") and "AS" not in expression
        if text or number:
            values.append(raw)
            raw = f"q{len(values) - 1}"
        made.append(raw)
        before = token.upper or token.text
    return " ".join(made), values


CASES = [
    (one[0], *with_columns(one[0]), one[2])
    for one in EXAMPLES
    if not one[0].startswith(SCALE_BY_LITERAL) and with_columns(one[0])[1]
]


@pytest.mark.parametrize(("name", "expression", "values", "expected"), CASES, ids=[one[0] for one in CASES])
def test_arguments_may_be_columns(name: str, expression: str, values: list[str], expected: str) -> None:
    names = ", ".join(f"q{i}" for i in range(len(values)))
    rows = f"({', '.join(values)}), ({', '.join(values)})"
    node = plan(f"SELECT CAST(({expression}) AS STRING) FROM (VALUES {rows}) AS v({names})")
    found = database().execute(batch.sql(node)).fetchone()
    assert found is not None, name
    assert str(found[0]).replace("None", "null") == expected


_KEYED = ("MAP[", "MAP_FROM_ARRAYS", "JSON_OBJECT(")
NULLABLE = [one for one in CASES if not any(name in one[0] for name in _KEYED)]
"""A MAP's keys are not NULL in DuckDB, and JSON_OBJECT takes none that may be."""


@pytest.mark.parametrize(("name", "expression", "values", "expected"), NULLABLE, ids=[one[0] for one in NULLABLE])
def test_arguments_may_be_null(name: str, expression: str, values: list[str], expected: str) -> None:
    del name, expected
    names = ", ".join(f"q{i}" for i in range(len(values)))
    nothing = ", ".join(f"NULLIF({one}, {one})" for one in values)
    node = plan(f"SELECT ({expression}) FROM (VALUES ({nothing})) AS v({names})")
    assert database().execute(batch.sql(node)).fetchone() is not None
