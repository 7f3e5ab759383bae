"""What DuckDB writes itself is what Python writes of its values."""

import duckdb
import pytest

from yunbox.engine.holo.statement import encoded
from yunbox.engine.holo.texts import sent, texts_of
from yunbox.engine.holo.values import fetched, writer
from yunbox.wire.pgwire.values.codec import Style

DATES = ("2026-01-02", "infinity", "-infinity", "0044-03-15 (BC)", "4713-01-01 (BC)", "0001-01-01", "10000-01-01",
         "294246-12-31", "0999-12-31")  # fmt: skip
CLOCKS = ("", " 12:30:00", " 23:59:59.999999", " 00:00:00.5", " 10:00:00.12")
VALUES = {
    16: ("BOOLEAN", ("true", "false")),
    20: ("BIGINT", ("0", "-9223372036854775808", "9223372036854775807")),
    21: ("SMALLINT", ("-32768", "7")),
    23: ("INTEGER", ("-2147483648", "2147483647")),
    26: ("UINTEGER", ("0", "4294967295")),
    25: ("VARCHAR", ("", "a", "äöü\n\\'\"", "x" * 70_000)),
    1042: ("VARCHAR", ("ab   ",)),
    1043: ("VARCHAR", ("日本語",)),
    1082: ("DATE", DATES),
    1114: ("TIMESTAMP", tuple(day + clock for day in DATES for clock in CLOCKS if day[-1] != "y" or not clock)),
    2950: ("UUID", ("00112233-4455-6677-8899-aabbccddeeff",)),
    1700: ("VARCHAR", ("0", "0.00", "-0.5", "NaN", "Infinity", "-Infinity", "1" * 300 + "." + "0" * 30 + "1")),
}
DECIMALS = {"DECIMAL(18, 2)": ("0", "-0.05", "1234.50"), "DECIMAL(3, 3)": ("0", "-0.5", "0.999"),
            "DECIMAL(38, 38)": ("0", "-0.1"), "DECIMAL(38, 0)": ("0", "-" + "9" * 38)}  # fmt: skip
STYLES = (Style(), Style(dates="GERMAN"), Style(dates="SQL", order="DMY"))
CASES = [(oid, of, values) for oid, (of, values) in VALUES.items()]
CASES += [(1700, of, values) for of, values in DECIMALS.items()]


def rows(oid: int, sql: str, format: int, style: Style, *, by_duckdb: bool) -> bytes:
    [text] = texts_of([oid], [format], style) if by_duckdb else (None,)
    found = duckdb.connect().execute(fetched(sql, [oid], [text])).fetchall()
    return encoded(found, [sent(oid, format) if text else writer(oid, format, style)])


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.dates)
@pytest.mark.parametrize("format", [0, 1])
@pytest.mark.parametrize(("oid", "of", "values"), CASES, ids=lambda value: str(value)[:20])
def test_it_is_the_same(oid: int, of: str, values: tuple[str, ...], format: int, style: Style) -> None:
    quoted = ["'" + value.replace("'", "''") + "'" for value in values]
    sql = "SELECT CAST(v AS " + of + ") FROM (VALUES " + ", ".join(f"({one})" for one in (*quoted, "NULL")) + ") t(v)"
    assert rows(oid, sql, format, style, by_duckdb=True) == rows(oid, sql, format, style, by_duckdb=False)


def test_duckdb_writes_what_most_results_have() -> None:
    made = texts_of([20, 25, 1700, 1082, 1114], [0] * 5, Style())
    assert None not in made
    assert texts_of([1082, 20, 701], [0, 1, 0], Style(dates="GERMAN")) == (None, None, None)
