from decimal import Decimal

import pytest

from tests.unit.sql.conftest import Sandbox
from tests.unit.sql.tpch import QUERIES


def same(mine: object, theirs: object) -> bool:
    if isinstance(theirs, int | float | Decimal):
        return float(mine) == pytest.approx(float(theirs), rel=1e-5, abs=1e-5)
    return mine == theirs


@pytest.mark.parametrize("number", range(1, 23))
def test_tpch_answers(tpch: Sandbox, number: int):
    text = QUERIES[number - 1]
    mine = tpch.rows(text)
    theirs = tpch.con.execute(text).fetchall()
    assert len(mine) == len(theirs)
    for row, other in zip(mine, theirs, strict=True):
        assert all(same(a, b) for a, b in zip(row, other, strict=True)), (row, other)


def test_only_needed_columns(tpch: Sandbox):
    (scan,) = tpch.query(QUERIES[5]).scans
    assert scan.columns == ("l_quantity", "l_extendedprice", "l_discount", "l_shipdate")
