"""The options of ``datagen`` that are about a field: which there are for its type, and what their values may be.

Source: the page "DataGen SQL Connector" of Flink 2.x.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from yunbox.engine.stream.durations import millis
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.plans import Table, TableColumn
from yunbox.sql.flink.types import FlinkType

PREFIX = "fields."
_WHOLE = ("TINYINT", "SMALLINT", "INT", "BIGINT")
_PARTS = ("FLOAT", "DOUBLE", "DECIMAL")
_TEXTS = ("CHAR", "VARCHAR")
_TIMES = ("TIMESTAMP", "TIMESTAMP_LTZ")
_COUNTS = ("rows-per-second", "number-of-rows", "scan.parallelism")


def check_fields(table: Table, options: Mapping[str, str]) -> None:
    """Raises ValidationFailed, naming the option that is unknown, missing or has no such value."""
    for name in _COUNTS:
        if name in options:
            _parsed(name, options[name], int)
    known: set[str] = set()
    for column in table.columns:
        if column.kind == "physical":
            for key, parse in _keys(column, options).items():
                name = f"{PREFIX}{column.name}.{key}"
                known.add(name)
                if name in options:
                    _parsed(name, options[name], parse)
    unknown = sorted(one for one in options if one.startswith(PREFIX) and one not in known)
    if unknown:
        raise ValidationFailed(
            f"Unsupported options found for 'datagen' of table {table.path}. Unsupported options: "
            f"{', '.join(unknown)}. Supported options: {', '.join(sorted((*_COUNTS, *known)))}"
        )


def _keys(column: TableColumn, options: Mapping[str, str]) -> dict[str, Callable[[str], Any]]:
    """The last words of a field's options, and what reads each."""
    kind = options.get(f"{PREFIX}{column.name}.kind", "random")
    if kind == "sequence":
        for key in ("start", "end"):
            if f"{PREFIX}{column.name}.{key}" not in options:
                raise ValidationFailed(
                    f"Could not find required property '{PREFIX}{column.name}.{key}' for sequence generator."
                )
        return {"kind": str, "start": int, "end": int}
    if kind != "random":
        raise ValidationFailed(f"Unsupported generator kind: {kind}: 'random' or 'sequence' for field {column.name!r}")
    return {"kind": str, "null-rate": float, **dict(_of_type(column.type))}


def _of_type(of: FlinkType) -> Iterator[tuple[str, Callable[[str], Any]]]:
    if of.root in (*_WHOLE, *_PARTS):
        parse = int if of.root in _WHOLE else float
        yield from (("min", parse), ("max", parse))
    if of.root in _TEXTS:
        yield "length", int
    if of.root in _TIMES:
        yield "max-past", millis


def _parsed(name: str, value: str, parse: Callable[[str], Any]) -> None:
    try:
        parse(value)
    except (ValueError, InvalidArgument):
        raise ValidationFailed(f"Could not parse value '{value}' for key '{name}'.") from None
