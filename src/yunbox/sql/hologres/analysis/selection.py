"""What one SELECT gathers while its expressions are analysed: the keys of its groups, aggregates and windows."""

import re
from dataclasses import dataclass, field, replace

from yunbox.sql.hologres.errors import error
from yunbox.sql.hologres.expr import Expr, identifier
from yunbox.sql.hologres.parser.tree import Node, Window

GROUPED, WINDOWED = "g", "w"
_COLUMN = re.compile(r'\w+\."[^"]+"')


@dataclass
class Selection:
    """``keys`` and ``aggregates`` are the columns of the grouping below: SQL there to the name above.

    ``queries`` are the keys that have a query in them, as they are written: its SQL is another each time.
    """

    keys: dict[str, str] = field(default_factory=dict)
    key_exprs: list[Expr] = field(default_factory=list)
    queries: list[tuple[Node, Expr]] = field(default_factory=list)
    aggregates: dict[str, str] = field(default_factory=dict)
    grouped: bool = False
    windows: dict[str, Window] = field(default_factory=dict)
    sets: bool = False
    dependents: dict[str, Expr] = field(default_factory=dict)
    window_parts: dict[str, str] = field(default_factory=dict)

    def add_key(self, value: Expr) -> str:
        """A key of the groups; the name it has above."""
        if value.sql not in self.keys:
            self.keys[value.sql] = f"k{len(self.keys) + 1}"
            self.key_exprs.append(value)
        return self.keys[value.sql]

    def keyed(self, value: Expr) -> Expr:
        """An expression that is a key, as the query above the groups has it."""
        name = self.keys.get(value.sql)
        if name is None:
            if value.sql in self.dependents:
                self.add_key(value)
                return self.keyed(value)
            return value
        return replace(value, sql=f"{GROUPED}.{identifier(name)}", loose=(), fields=())

    def written(self, node: Node) -> Expr | None:
        """The key with a query in it that an expression is."""
        return next((value for written, value in self.queries if written == node), None)

    def add_aggregate(self, sql: str) -> str:
        """An aggregate's SQL; what it is called above."""
        name = self.aggregates.setdefault(sql, f"a{len(self.aggregates) + 1}")
        return f"{GROUPED}.{identifier(name)}"

    def window_part(self, value: Expr) -> Expr:
        """What a window is divided or sorted by, worked out beside FROM: DuckDB takes nothing there that can fail."""
        if _COLUMN.fullmatch(value.sql):
            return value
        name = self.window_parts.setdefault(value.sql, f"p{len(self.window_parts) + 1}")
        return replace(value, sql=f"{WINDOWED}.{identifier(name)}", fields=())

    def check(self, value: Expr) -> None:
        """Refuse a column that is neither a key nor within an aggregate. Raises PgError 42803."""
        if value.loose:
            found = value.loose[0]
            message = (
                f'subquery uses ungrouped column "{found.shown}" from outer query' if found.within else
                f'column "{found.shown}" must appear in the GROUP BY clause or be used in an aggregate function'
            )  # fmt: skip
            raise error("42803", message, found.at)
