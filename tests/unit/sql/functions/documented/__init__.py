"""The vendor's documented examples, kept as text: one file for each category of functions.

A file has a heading for each function, ``# NAME page``, the page being its name under the vendor's MaxCompute guide.
Below it, each line is an expression or a whole query, ``=>``, and what the page says comes of it: values as the
vendor's client prints them (rows apart by ``;``, columns by ``|``), or an error's code. `` :: type`` after it is the
documented type. Settings, ``@name=value``, hold until the next heading; ``@`` alone takes them back. ``with`` gives
the rows that the queries below read as ``t``. Lines that begin with ``--`` are remarks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

_HERE = Path(__file__).parent
_EAST = ZoneInfo("Asia/Shanghai")
_LEGACY = {"1.0": ("odps.sql.type.system.odps2", "false"), "hive": ("odps.sql.hive.compatible", "true")}


@dataclass(frozen=True)
class Example:
    """One documented example: the query, what it gives, and the settings around it."""

    function: str
    query: str
    result: list[str]
    type: str
    settings: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.function}: {self.query[:60]}"


def examples() -> Iterator[Example]:
    """Every example of every category."""
    for file in sorted(_HERE.glob("*.txt")):
        yield from _read(file)


def _read(file: Path) -> Iterator[Example]:
    name, source = "", ""
    settings: dict[str, str] = {}
    for line in file.read_text("utf-8").splitlines():
        text = line.strip()
        if text.startswith("# "):
            name, settings, source = text.split()[1], {}, ""
        elif text.startswith("@"):
            settings = _set(settings, text[1:])
        elif text.startswith("with "):
            source = text.removeprefix("with ")
        elif "=>" in text and not text.startswith("--"):
            yield _example(name, text, source, tuple(settings.items()))


def _set(settings: dict[str, str], text: str) -> dict[str, str]:
    if not text:
        return {}
    key, _, value = text.partition("=")
    key, value = _LEGACY.get(key, (key, value))
    return {**settings, key: value}


def _example(name: str, text: str, source: str, settings: tuple[tuple[str, str], ...]) -> Example:
    statement, _, result = text.rpartition("=>")
    result, _, of = result.strip().partition(" :: ")
    query = statement.strip()
    if not query.lower().startswith(("select ", "with ")):
        query = f"select {query}" + (" from t" if source else "")
    if source:
        query = f"with t as (select * from values {source}) {query}"
    return Example(name, query, sorted(row.strip() for row in result.split("; ")), of.strip(), settings)


def printed(value: Any) -> str:
    """A value as the vendor's client prints it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date | int):
        return str(value)
    if isinstance(value, Decimal):
        return _plain(value)
    if isinstance(value, bytes):
        return "".join(chr(b) if 32 <= b < 127 and b != 61 else f"={b:02X}" for b in value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(printed, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(sorted(f"{printed(k)}:{printed(v)}" for k, v in value.items())) + "}"
    return str(value)


def _moment(value: datetime) -> str:
    local = value.astimezone(_EAST).replace(tzinfo=None) if value.tzinfo else value
    return local.isoformat(" ", "milliseconds" if local.microsecond else "seconds")


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown(rows: list[tuple[Any, ...]]) -> list[str]:
    """A result as an example's line has it, row by row; what no ORDER BY sorts is sorted."""
    return sorted(" | ".join(map(printed, row)).strip() for row in rows)
