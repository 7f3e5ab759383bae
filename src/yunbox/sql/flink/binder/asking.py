"""What parts of the binder ask of the whole: a query inside a query."""

from typing import Protocol

from yunbox.sql.flink.binder.context import Context
from yunbox.sql.flink.binder.scope import Relation
from yunbox.sql.flink.parser.tree import Query, Select


class QueryBinder(Protocol):
    """Binds whole queries."""

    def query(self, node: Query, context: Context) -> Relation:
        """The relation that a query is."""

    def source(self, node: Select, context: Context) -> Relation:
        """What a SELECT reads, before its items: FROM and WHERE."""
