"""A query that has been analysed: its SQL gives its columns under names of their own, whatever they are called."""

from collections.abc import Sequence
from dataclasses import dataclass

from yunbox.sql.hologres.analysis.scope import Output
from yunbox.sql.hologres.expr import Expr, identifier
from yunbox.sql.hologres.parser.tree import Node


def column_name(number: int) -> str:
    """What the SQL of a query calls its column of that number, from 1; no table has such a column."""
    return f"c:{number}"


def column_sql(number: int) -> str:
    """The same as SQL writes it."""
    return identifier(column_name(number))


@dataclass(frozen=True, slots=True)
class TargetColumn:
    """A column of a result as it is being made."""

    name: str
    node: Node | None
    expr: Expr


@dataclass(frozen=True, slots=True)
class BoundQuery:
    """``columns`` have the expressions' types; their SQL counts only within the query."""

    sql: str
    columns: tuple[Output, ...]
    ordered: bool = False

    def outputs(self, alias: str, names: Sequence[str] = ()) -> tuple[Output, ...]:
        """Its columns as one sees them who has given it an alias."""
        return tuple(
            Output(names[at] if at < len(names) else one.name, seen(one.expr, f"{alias}.{column_sql(at + 1)}"))
            for at, one in enumerate(self.columns)
        )


def seen(expr: Expr, sql: str) -> Expr:
    """A column as an expression of the query around."""
    fields = tuple(
        (name, seen(part, f"{sql}.{identifier(f'f{at}')}")) for at, (name, part) in enumerate(expr.fields, 1)
    )
    return Expr(sql, expr.type, expr.typmod, expr.digits, source=expr.source, fields=fields)


def listed(exprs: Sequence[Expr]) -> str:
    """The columns of a SELECT under their names."""
    return ", ".join(f"{expr.sql} AS {column_sql(at)}" for at, expr in enumerate(exprs, 1))
