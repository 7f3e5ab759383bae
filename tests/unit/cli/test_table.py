"""Rows as text."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from yunbox.cli.table import write_csv, write_table
from yunbox.schema.tables import Column
from yunbox.wire.odps.types import parse_type

COLUMNS = [Column("a", parse_type("string")), Column("b", parse_type("bigint"))]
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(st.lists(st.tuples(TEXT, st.integers(-(2**63), 2**63 - 1))))
def test_any_csv_reader_reads_back_what_was_written(rows: list[tuple[str, int]]) -> None:
    out = io.StringIO(newline="")
    assert write_csv(COLUMNS, rows, out, None) == len(rows)
    out.seek(0)
    assert list(csv.reader(out))[1:] == [[text, str(number)] for text, number in rows]


def test_null_and_empty_differ() -> None:
    out = io.StringIO(newline="")
    write_csv(COLUMNS, [(None, None), ("", 0)], out, None)
    assert out.getvalue() == 'a,b\r\n,\r\n"",0\r\n'


def test_wide_characters_keep_the_frame_straight() -> None:
    out = io.StringIO()
    write_table(COLUMNS, iter([("中文", 1), ("x\ny", None)]), out, None)
    lines = out.getvalue().splitlines()
    assert len({line.count("|") for line in lines if "|" in line}) == 1
    assert "\\n" in out.getvalue()
    assert "NULL" in out.getvalue()
