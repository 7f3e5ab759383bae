"""What the names of a fixed statement mean: one table, its columns, and the types of the parameters.

A statement that is anything more - a name of another table, a type that would have to be converted - is none of these:
``NotFixed`` sends it to the engine, which knows all of SQL and also says what is wrong with a statement.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from yunbox.sql.hologres.parser import tree
from yunbox.storage.rows.model import TABLE, Column, Relation
from yunbox.storage.rows.rights import Stated

_UNKNOWN = (0, 705)
Find = Callable[[Sequence[str]], Relation | None]
"""A relation by its name with the dots."""


class NotFixed(Exception):
    """A statement is not one of those that are run without an engine."""


@dataclass(slots=True)
class Scope:
    """The table of a statement, under the name that it has there; and what is known of the parameters."""

    relation: Relation
    name: str
    declared: Sequence[int]
    inferred: dict[int, int] = field(default_factory=dict)
    read: set[int] = field(default_factory=set)
    """The numbers of the columns that it reads, as only those may who are allowed to."""

    def column(self, node: tree.Node, *others: str) -> Column:
        """The column that is read by a name; with one of ``others`` before it it is another row's."""
        found = self.named(node, *others)
        if not (isinstance(node, tree.ColumnRef) and len(node.names) == 2 and node.names[0] in others):
            self.read.add(found.number)
        return found

    def need(self, word: str, columns: Iterable[Column] = ()) -> Stated:
        """What who runs it must be allowed to: to do something, with some columns, and to read what it reads."""
        words = {word, "SELECT"} if self.read else {word}
        numbers = {one.number for one in columns}
        made = Stated(self.relation.oid, self.relation.name, words, self.read)
        made.inserted, made.updated = (numbers, set()) if word == "INSERT" else (set(), numbers)
        return made

    def named(self, node: tree.Node, *others: str) -> Column:
        """The column that a name means, with the table's name before it or without; or with one of some others."""
        if not isinstance(node, tree.ColumnRef) or len(node.names) > 2:
            raise NotFixed
        if len(node.names) == 2 and node.names[0] not in (self.name, *others):
            raise NotFixed
        column = self.relation.by_name.get(node.names[-1])
        if column is None:
            raise NotFixed
        return column

    def parameter(self, number: int, wanted: int) -> int:
        """The type of a parameter: what the client said, or what its first use wants."""
        said = self.declared[number - 1] if number <= len(self.declared) else 0
        return self.inferred.setdefault(number, wanted if said in _UNKNOWN else said)

    def parameters(self) -> tuple[int, ...]:
        """The types of all parameters. One that is never used has none that anybody knows."""
        count = max((*self.inferred, len(self.declared)), default=0)
        found = []
        for number in range(1, count + 1):
            oid = self.inferred.get(number, self.declared[number - 1] if number <= len(self.declared) else 0)
            if oid in _UNKNOWN:
                raise NotFixed
            found.append(oid)
        return tuple(found)


def scope_of(table: tree.Node, find: Find, declared: Sequence[int]) -> Scope:
    """The scope of a statement about one table."""
    if not isinstance(table, tree.TableRef) or table.sample is not None:
        raise NotFixed
    if table.alias is not None and table.alias.columns:
        raise NotFixed
    relation = find(table.names)
    if relation is None or relation.kind != TABLE:
        raise NotFixed
    name = table.alias.name if table.alias is not None else relation.name
    return Scope(relation, name, declared)
