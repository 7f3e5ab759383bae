"""What the vendor's pages say comes of each built-in function."""

import re

import duckdb
import pytest

from tests.unit.sql.conftest import Sandbox
from tests.unit.sql.functions.documented import Example, examples, shown

_LONG = re.compile(r"\d+\.\d{8,}")
_CODE = re.compile(r"ODPS-\d{7}")


def outcome(box: Sandbox, example: Example) -> list[str]:
    try:
        return shown(box.rows(example.query, **dict(example.settings)))
    except duckdb.InvalidInputException as failure:
        code = _CODE.search(str(failure))
        return [code.group() if code else "ODPS-0121095"]
    except duckdb.OutOfRangeException:
        return ["ODPS-0121145"]
    except duckdb.ConversionException:
        return ["ODPS-0121095"]
    except Exception as failure:
        code = _CODE.search(str(failure))
        if code is None:
            raise
        return [code.group()]


def rounded(rows: list[str]) -> list[str]:
    """Rows whose floating-point numbers have 13 digits: the last ones depend on the order of additions."""
    return [_LONG.sub(lambda found: f"{float(found.group()):.13g}", row) for row in rows]


@pytest.mark.parametrize("example", list(examples()), ids=str)
def test_documented_example(box: Sandbox, example: Example) -> None:
    assert rounded(outcome(box, example)) == rounded(example.result)
    if example.type:
        assert str(box.query(example.query, **dict(example.settings)).columns[0].type) == example.type
