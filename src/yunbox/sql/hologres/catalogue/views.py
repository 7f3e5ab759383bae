"""The system views: the queries that they stand for, and the tables in which there is nothing here.

``views.txt`` has the views a block each: the name, a line for each column that is not NULL, and FROM. What is neither
there, nor has rows (``engine/holo/system``), nor is listed as empty, is not known.
"""

from collections.abc import Mapping
from functools import cache
from importlib import resources

from yunbox.sql.hologres.catalogue.relations import SystemRelation
from yunbox.sql.hologres.catalogue.types import TYPES


def view_of(relation: SystemRelation) -> str:
    """A view's query; empty for what is a table."""
    found = _blocks().get(f"{relation.schema}.{relation.name}")
    if found is None:
        return ""
    items, source = found
    columns = ", ".join(
        f'CAST({items.get(one.name, "NULL")} AS pg_catalog.{_quoted(TYPES[one.type].name)}) AS "{one.name}"'
        for one in relation.columns
    )
    return f"SELECT {columns} {source}"


def _quoted(name: str) -> str:
    element = name.removeprefix("_")
    return f'"{element}"[]' if element != name else f'"{name}"'


@cache
def _blocks() -> Mapping[str, tuple[Mapping[str, str], str]]:
    """The columns of each view, and its FROM."""
    text = resources.files("yunbox.sql.hologres.catalogue").joinpath("views.txt").read_text("utf-8")
    blocks = (block.strip().splitlines() for block in text.split("\n\n"))
    return {block[0]: _block(block[1:]) for block in blocks if block and not block[0].startswith("--")}


def _block(lines: list[str]) -> tuple[Mapping[str, str], str]:
    items: dict[str, str] = {}
    for at, line in enumerate(lines):
        if line.startswith(("FROM ", "WHERE ")):
            return items, " ".join(lines[at:])
        name, _, value = line.partition(" = ")
        items[name] = value
    return items, ""
