"""What names mean inside a query: the columns of what it reads from, and what a relation is made of."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from yunbox.sql.flink.errors import Span, ValidationFailed
from yunbox.sql.flink.plans import Field, Node, TimeRole
from yunbox.sql.flink.types import FlinkType


@dataclass(frozen=True)
class WindowRole:
    """What a column is to the windows that its rows are in. ``spec`` names the windows: two alike are the same ones."""

    part: Literal["start", "end", "time"]
    spec: tuple[object, ...]


@dataclass(frozen=True)
class Column:
    """A column that a name may mean. ``qualifier`` is the path of what it belongs to, its alias last."""

    name: str
    type: FlinkType
    time: TimeRole = ""
    window: WindowRole | None = None
    qualifier: tuple[str, ...] = ()
    hidden: bool = False  # found by its qualified name and not by its own: the right side's of USING
    common: bool = False  # a column of USING, which * gives first

    @property
    def field(self) -> Field:
        """As a field of a node."""
        return Field(self.name, self.type, self.time)


@dataclass(frozen=True)
class Relation:
    """A node and what its columns are called."""

    node: Node
    columns: tuple[Column, ...]

    def aliased(self, alias: str, names: tuple[str, ...]) -> "Relation":
        """The same under another name."""
        if not alias:
            return self
        if names and len(names) != len(self.columns):
            raise ValidationFailed(
                f"List of column aliases must have same degree as table; table has {len(self.columns)} columns, "
                f"whereas alias list has {len(names)} columns"
            )
        named = names or tuple(one.name for one in self.columns)
        pairs = zip(self.columns, named, strict=True)
        return replace(self, columns=tuple(replace(one, name=name, qualifier=(alias,)) for one, name in pairs))

    def windows(self) -> Iterator[tuple[int, int, tuple[object, ...]]]:
        """Pairs of places of a window's start and end, and which windows they are."""
        starts = {one.window.spec: i for i, one in enumerate(self.columns) if one.window and one.window.part == "start"}
        for place, one in enumerate(self.columns):
            if one.window and one.window.part == "end" and one.window.spec in starts:
                yield starts[one.window.spec], place, one.window.spec


@dataclass(frozen=True)
class Scope:
    """The columns of a FROM clause, left to right."""

    columns: tuple[Column, ...]

    def find(self, parts: tuple[str, ...], text: str, at: Span) -> tuple[int, tuple[str, ...]]:
        """The place of the column that a name means, and the names of fields behind it."""
        for length in (*range(2, len(parts) + 1), 1):  # an alias goes before a column of its name
            qualifier, name = parts[: length - 1], parts[length - 1]
            found = self._places(qualifier, name)
            if len(found) > 1:
                raise ValidationFailed(f"Column '{name}' is ambiguous", text, at)
            if found:
                return found[0], parts[length:]
        raise self._missing(parts, text, at)

    def _places(self, qualifier: tuple[str, ...], name: str) -> list[int]:
        if not qualifier:
            return [i for i, one in enumerate(self.columns) if one.name == name and not one.hidden]
        depth = len(qualifier)
        return [i for i, one in enumerate(self.columns) if one.name == name and one.qualifier[-depth:] == qualifier]

    def _missing(self, parts: tuple[str, ...], text: str, at: Span) -> ValidationFailed:
        name = parts[-1]
        if len(parts) > 1 and not any(one.qualifier[-1:] == parts[:1] for one in self.columns):
            return ValidationFailed(f"Table '{parts[0]}' not found", text, at)
        alike = next((one.name for one in self.columns if one.name.lower() == name.lower()), "")
        hint = f"; did you mean '{alike}'?" if alike else ""
        where = f"table '{parts[0]}'" if len(parts) > 1 else "any table"
        return ValidationFailed(f"Column '{name}' not found in {where}{hint}", text, at)

    def star(self, parts: tuple[str, ...]) -> list[int]:
        """The places of ``*`` or ``t.*``."""
        depth = len(parts)
        places = range(len(self.columns))
        return [i for i in places if not parts or self.columns[i].qualifier[-depth:] == parts]


EMPTY = Scope(())
