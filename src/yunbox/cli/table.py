"""Rows as text: a framed table for a terminal, RFC 4180 CSV for a file."""

import json
import math
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TextIO

from yunbox.schema.tables import Column
from yunbox.wire.odps.csv import show_value

_CELL_MAX = 80
_LAYOUT_ROWS = 1000


def write_csv(columns: Sequence[Column], rows: Iterable[Sequence[Any]], out: TextIO, zone: Any) -> int:
    """RFC 4180: a header, CRLF, quotes where needed; NULL is an empty field, an empty text is ``""``."""
    out.write(",".join(_quoted(column.name) for column in columns) + "\r\n")
    count = 0
    for row in rows:
        cells = [_csv_cell(value, column, zone) for value, column in zip(row, columns, strict=True)]
        out.write(",".join(cells) + "\r\n")
        count += 1
    return count


def write_json(columns: Sequence[Column], rows: Iterable[Sequence[Any]], out: TextIO, zone: Any) -> int:
    """A JSON object a line, so that a program reads rows as they come."""
    count = 0
    for row in rows:
        cells = {c.name: _json_value(value, c, zone) for value, c in zip(row, columns, strict=True)}
        out.write(json.dumps(cells, ensure_ascii=False) + "\n")
        count += 1
    return count


def _json_value(value: Any, column: Column, zone: Any) -> Any:
    """Numbers JSON has stay numbers; whatever else is the text that a result shows."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return show_value(column.type, value, zone)


def _csv_cell(value: Any, column: Column, zone: Any) -> str:
    if value is None:
        return ""
    return _quoted(show_value(column.type, value, zone))


def _quoted(text: str) -> str:
    """Quotes where RFC 4180 asks for them, and around an empty text, which else would be NULL."""
    if text == "" or any(char in text for char in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def write_table(columns: Sequence[Column], rows: Iterator[Sequence[Any]], out: TextIO, zone: Any) -> int:
    """A framed table as the vendor's console prints it. Widths come from the first rows."""
    names = [column.name for column in columns]
    first = [_cells(row, columns, zone) for row in _take(rows, _LAYOUT_ROWS)]
    widths = [max([10, _width(name), *(_width(row[i]) for row in first)]) for i, name in enumerate(names)]
    rule = "+" + "+".join("-" * (width + 2) for width in widths) + "+\n"
    out.write(rule + _line(names, widths) + rule)
    count = 0
    for cells in first:
        out.write(_line(cells, widths))
        count += 1
    for row in rows:
        out.write(_line(_cells(row, columns, zone), widths))
        count += 1
    out.write(rule)
    return count


def _take(rows: Iterator[Any], count: int) -> list[Any]:
    return [row for _, row in zip(range(count), rows, strict=False)]


def _cells(row: Sequence[Any], columns: Sequence[Column], zone: Any) -> list[str]:
    return [
        "NULL" if value is None else _short(show_value(column.type, value, zone))
        for value, column in zip(row, columns, strict=True)
    ]


def _short(text: str) -> str:
    flat = text.replace("\n", "\\n").replace("\r", "\\r")
    return flat if len(flat) <= _CELL_MAX else flat[: _CELL_MAX - 3] + "..."


def _width(text: str) -> int:
    """Columns of a terminal that a text takes: full-width characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True))
    return "| " + " | ".join(padded) + " |\n"


def is_terminal() -> bool:
    """Whether results go to a person's screen."""
    return sys.stdout.isatty()
