"""Which names a statement's part sees, and what they mean.

Source: the PostgreSQL documentation, "Column References" and "The FROM Clause": a query sees its own FROM, then that of
the query around it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from yunbox.sql.hologres.catalog import ROW_KEY, SHARD_ID, TABLE_OID, Relation
from yunbox.sql.hologres.catalogue.relations import SCHEMAS
from yunbox.sql.hologres.catalogue.types import INT4, OID, RECORD
from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.expr import Expr, Loose, build, identifier
from yunbox.wire.pgwire.report import PgError

_levels = count(1)
_OF_THE_SYSTEM = ("ctid", "xmin", "xmax", "cmin", "cmax")


@dataclass(frozen=True, slots=True)
class Output:
    """A column of a query or a table, by its name."""

    name: str
    expr: Expr


@dataclass(frozen=True, slots=True)
class Source:
    """One name of FROM: ``name`` is "" when nothing can ask for it; ``relation`` is the stored table behind it.

    ``row`` is the key of a stored row. ``blocked`` sources may not be seen here: the message says why.
    """

    name: str
    columns: tuple[Output, ...]
    relation: Relation | None = None
    schema: str = ""
    scalar: bool = False
    row: Expr | None = None
    may_be_none: bool = False
    """Whether an outer join may have no row of it."""
    logged: Callable[[str], Expr | None] | None = None
    """What gives a column of the log of the table's changes, which then is what is read."""


@dataclass
class Namespace:
    """What FROM offers: names for ``t.c``, and the columns of ``*`` and of names alone."""

    sources: list[Source] = field(default_factory=list)
    columns: list[Output] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CteEntry:
    """A query of WITH as FROM sees it; ``used`` counts, so that a recursion is recognised."""

    name: str
    sql_name: str
    columns: tuple[Output, ...]


@dataclass
class Scope:
    """One query's names, and those around it."""

    parent: "Scope | None" = None
    namespace: Namespace = field(default_factory=Namespace)
    ctes: dict[str, CteEntry] = field(default_factory=dict)
    level: int = field(default_factory=lambda: next(_levels))
    keyed: Callable[[Expr], Expr] | None = None
    asked: list[Expr] = field(default_factory=list)

    def cte(self, name: str) -> CteEntry | None:
        """A query of WITH, of this query or one around it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.ctes:
                return scope.ctes[name]
            scope = scope.parent
        return None

    # -- columns

    def column(self, names: Sequence[str], at: int) -> Expr:
        """What a column reference means. Raises PgError 42703, 42702 or 42P01."""
        scope: Scope | None = self
        while scope is not None:
            found = scope._own(names, at)
            if found is not None:
                made = replace(found, at=at)
                return made if scope is self else self._from_around(made, scope)
            scope = scope.parent
        raise self._missing(names, at)

    def _from_around(self, found: Expr, owner: "Scope") -> Expr:
        """A column of a query around, which learns that it is asked for it."""
        made = owner.keyed(found) if owner.keyed is not None else found
        scope: Scope | None = self.parent
        while scope is not None:
            scope.asked.append(made)
            scope = scope.parent if scope is not owner else None
        return replace(made, loose=())

    def _own(self, names: Sequence[str], at: int) -> Expr | None:
        if len(names) == 1:
            return self._alone(names[0], at)
        source = self.source(names[:-1], at)
        return self._of(source, names[-1], at) if source is not None else None

    def _alone(self, name: str, at: int) -> Expr | None:
        found = [one for one in self.namespace.columns if one.name == name]
        if len(found) > 1:
            raise error("42702", f'column reference "{name}" is ambiguous', at)
        if found:
            return _used(found[0].expr, self._shown(found[0]), self.level, at)
        logs = [one for one in self.namespace.sources if one.logged is not None]
        if len(logs) == 1 and (logged := _logged(logs[0], name, self.level, at)) is not None:
            return logged
        if len(self.namespace.sources) == 1 and (made := _of_rows(self.namespace.sources[0], name)) is not None:
            return _used(made, f"{self.namespace.sources[0].name}.{name}", self.level, at)
        whole = [one for one in self.namespace.sources if one.name == name]
        return self._whole(whole[0], at) if whole else None

    def _shown(self, output: Output) -> str:
        """A column that was named alone, as messages call it."""
        owners = (source.name for source in self.namespace.sources for one in source.columns
                  if one.expr.sql == output.expr.sql)  # fmt: skip
        owner = next(owners, "")
        return f"{owner}.{output.name}" if owner else output.name

    def _whole(self, source: Source, at: int) -> Expr:
        """A row of a table, by the table's name."""
        if source.scalar:
            return _used(source.columns[0].expr, source.name, self.level, at)
        parts = tuple((one.name, _used(one.expr, f"{source.name}.{one.name}", self.level, at))
                      for one in source.columns)  # fmt: skip
        packed = ", ".join(f"{identifier(f'f{at}')}: {part.sql}" for at, (_, part) in enumerate(parts, 1))
        sql = f"{{{packed}}}"
        if source.may_be_none:
            sql = f"CASE WHEN {_present(source, at)} IS NOT NULL THEN {sql} END"
        made = build(sql, RECORD, [part for _, part in parts], fields=parts)
        return replace(made, source=(source.relation.oid if source.relation else -1, 0))

    def row(self, names: Sequence[str], at: int) -> Expr:
        """The row that ``t.*`` is in an expression. Raises PgError 42P01."""
        source, scope = self.sources_of(names, at)
        made = scope._whole(source, at)
        return made if scope is self else self._from_around(made, scope)

    def source(self, names: Sequence[str], at: int) -> Source | None:
        """The source of a name, or of a schema's table."""
        wanted, schema = names[-1], names[-2] if len(names) > 1 else ""
        found = [one for one in self.namespace.sources if one.name == wanted
                 and (not schema or (one.relation is not None and one.schema == schema))]  # fmt: skip
        if len(found) > 1:
            raise error("42P09", f'table reference "{wanted}" is ambiguous', at)
        return found[0] if found else None

    def sources_of(self, names: Sequence[str], at: int) -> tuple[Source, "Scope"]:
        """The source of ``t.*`` and its scope. Raises PgError 42P01."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.source(names, at)
            if found is not None:
                return found, scope
            scope = scope.parent
        raise error("42P01", f'missing FROM-clause entry for table "{names[-1]}"', at)

    def _of(self, source: Source, name: str, at: int) -> Expr:
        found = [one for one in source.columns if one.name == name]
        if not found and (made := _of_rows(source, name)) is not None:
            return _used(made, f"{source.name}.{name}", self.level, at)
        if not found and (logged := _logged(source, name, self.level, at)) is not None:
            return logged
        if not found and name in _OF_THE_SYSTEM and source.relation is not None:
            raise unsupported(f"the system column {name}", at)
        if not found:
            raise error("42703", f"column {source.name}.{name} does not exist", at)
        if len(found) > 1:
            raise error("42702", f'column reference "{name}" is ambiguous', at)
        return _used(found[0].expr, f"{source.name}.{name}", self.level, at)

    @staticmethod
    def _missing(names: Sequence[str], at: int) -> PgError:
        if names[-1] in _OF_THE_SYSTEM:
            return unsupported(f"the system column {names[-1]}", at)
        if len(names) == 1:
            return error("42703", f'column "{names[0]}" does not exist', at)
        if len(names) > 3:
            return error("42601", f"improper qualified name (too many dotted names): {'.'.join(names)}", at)
        return error("42P01", f'missing FROM-clause entry for table "{names[-2]}"', at)


def _present(source: Source, at: int) -> str:
    """A column that is NULL only where there is no row. Raises PgError 0A000."""
    relation = source.relation
    stored, key = (relation.columns, relation.primary_key) if relation is not None else ((), ())
    found = [one.expr.sql for one, column in zip(source.columns, stored, strict=False)
             if (column.not_null or column.name in key) and not column.mask]  # fmt: skip
    if not found:
        told = f'the whole row of "{source.name}", which an outer join may leave out and which has no column NOT NULL,'
        raise unsupported(told, at)
    return found[0]


def _of_rows(source: Source, name: str) -> Expr | None:
    """What each row of a table has without a column for it: which table it lies in, and in which shard."""
    if name not in (TABLE_OID, SHARD_ID) or source.relation is None or source.row is None:
        return None
    use = source.columns[0].expr.use if source.columns else None
    if name == SHARD_ID:
        if source.relation.kind not in ("r", "p") or source.relation.schema in SCHEMAS:
            return None
        return Expr(f"(CASE WHEN {source.row.sql} IS NOT NULL THEN CAST(0 AS INTEGER) END)", INT4, use=use)
    if source.relation.kind == "p":
        return Expr(source.row.sql.removesuffix(ROW_KEY) + TABLE_OID, OID, use=use)
    return Expr(f"(CASE WHEN {source.row.sql} IS NOT NULL THEN CAST({source.relation.oid} AS UINTEGER) END)", OID,
                use=use)  # fmt: skip


def _logged(source: Source, name: str, level: int, at: int) -> Expr | None:
    """A column of the log of a table's changes."""
    found = source.logged(name) if source.logged is not None else None
    return None if found is None else _used(found, f"{source.name}.{name}", level, at)


def read(expr: Expr) -> None:
    """A column of a relation is read: who asks must be allowed to."""
    if expr.use is not None:
        expr.use.words.add("SELECT")
        expr.use.selected.add(expr.of_use)


def used(output: Output, shown: str, level: int, at: int) -> Expr:
    """A column where it is used."""
    return _used(output.expr, shown, level, at)


def _used(expr: Expr, shown: str, level: int, at: int) -> Expr:
    fields = tuple((name, _used(part, shown, level, at)) for name, part in expr.fields)
    read(expr)
    return replace(expr, loose=(Loose(expr.sql, shown, at),), levels=frozenset((level,)), at=at, fields=fields)
