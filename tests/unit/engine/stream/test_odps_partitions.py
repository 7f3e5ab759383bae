"""Which partitions ``partition`` names, and which types of MaxCompute can be read as which of Flink."""

import pytest

from yunbox.clients.odps import OdpsPartition
from yunbox.engine.stream.connectors.odps_partitions import chosen, values_of
from yunbox.engine.stream.connectors.odps_tables import natural, readable
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.types import FlinkType
from yunbox.wire.odps.types import parse_type

ONE = [OdpsPartition((value,), 1) for value in ("03", "01", "01.done", "02", "02.done")]
TWO = [OdpsPartition((day, hour), 1) for day, hour in (("02", "b"), ("01", "a"), ("01", "c"), ("02", "a"))]


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ("", ["01", "01.done", "02", "02.done", "03"]),
        ("ds=02", ["02"]),
        ("DS='02'", ["02"]),
        ("ds=*", ["01", "01.done", "02", "02.done", "03"]),
        ("max_pt()", ["03"]),
        ("ds=max_pt()", ["03"]),
        ("max_pt_with_done()", ["02"]),
        ("ds=MAX_PT_WITH_DONE()", ["02"]),
    ],
)
def test_one_column(spec: str, found: list[str]) -> None:
    assert [one.values[0] for one in chosen(spec, ("ds",), ONE)] == found


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ("ds=01,hh=*", ["01a", "01c"]),
        ("hh=a,ds=*", ["01a", "02a"]),
        ("ds=01/hh=c", ["01c"]),
        ("ds=max_pt(),hh=*", ["02a", "02b"]),
        ("ds=01,hh=max_pt()", ["01c"]),
        ("max_pt()", ["02b"]),
        ("ds=07,hh=*", []),
    ],
)
def test_two_columns(spec: str, found: list[str]) -> None:
    assert ["".join(one.values) for one in chosen(spec, ("ds", "hh"), TWO)] == found


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("ds=01", "says nothing of 'hh'"),
        ("ds=01,pt=1", "names no partition"),
        ("ds", "names no partition"),
        ("ds=01,ds=02", "names no partition"),
        ("ds=09,hh=a", "has no such partition"),
        ("max_pt_with_done()", "is for tables that one column partitions"),
    ],
)
def test_no_partition(spec: str, said: str) -> None:
    with pytest.raises(InvalidArgument, match=said):
        chosen(spec, ("ds", "hh"), TWO)


def test_none_is_last() -> None:
    for spec in ("max_pt()", "max_pt_with_done()"):
        with pytest.raises(InvalidArgument, match="no such partition"):
            chosen(spec, ("ds",), [])
    assert values_of("hh=1,ds=2", ("ds", "hh")) == ("2", "1")


@pytest.mark.parametrize(
    ("of", "kind", "fits"),
    [
        (FlinkType("DECIMAL", (10, 2)), "decimal(10,2)", True),
        (FlinkType("DECIMAL", (12, 4)), "decimal(10,2)", True),
        (FlinkType("DECIMAL", (10, 4)), "decimal(10,2)", False),
        (FlinkType("BIGINT"), "int", False),
        (FlinkType("TIMESTAMP", (3,)), "datetime", True),
        (FlinkType("TIMESTAMP_LTZ", (6,)), "timestamp_ntz", False),
        (FlinkType("ARRAY", children=(FlinkType("BIGINT"),)), "array<bigint>", True),
        (FlinkType("ARRAY", children=(FlinkType("BIGINT"),)), "array<int>", False),
        (FlinkType("ROW", children=(FlinkType("BIGINT"),), names=("a",)), "struct<a:bigint>", True),
        (FlinkType("ROW", children=(FlinkType("BIGINT"),), names=("b",)), "struct<a:bigint>", False),
        (FlinkType("ROW", children=(FlinkType("BIGINT"),), names=("a",)), "struct<a:bigint,b:bigint>", False),
    ],
)
def test_types(of: FlinkType, kind: str, fits: bool) -> None:
    assert readable(of, parse_type(kind)) == fits


def test_natural_types() -> None:
    assert natural(parse_type("map<string,array<timestamp>>")).duckdb == "MAP(VARCHAR, TIMESTAMPTZ[])"
    assert natural(parse_type("struct<a:decimal(5,1),b:binary>")).duckdb == 'STRUCT("a" DECIMAL(5,1), "b" BLOB)'
