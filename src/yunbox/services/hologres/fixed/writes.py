"""Changes by primary key: INSERT of values with or without ON CONFLICT, UPDATE and DELETE of single rows.

Everything happens within one writing transaction, so that what an assignment reads of a row is what it then changes.
Sources: the PostgreSQL documentation, "INSERT", "UPDATE", "DELETE"; the vendor's page on fixed plans.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from yunbox.services.hologres.fixed.fitting import fitting
from yunbox.services.hologres.fixed.reads import Sought, keys_of
from yunbox.services.hologres.fixed.results import Output, output_of
from yunbox.services.hologres.fixed.scope import Find, NotFixed, Scope, scope_of
from yunbox.services.hologres.fixed.unnesting import unnested
from yunbox.services.hologres.fixed.values import Row, Value, change_for, value_for
from yunbox.services.hologres.repeated import kept
from yunbox.sql.hologres.parser import tree
from yunbox.sql.hologres.parser.assignments import singles
from yunbox.sql.hologres.parser.statements import expression
from yunbox.storage.rows.batch import Batch
from yunbox.storage.rows.form import Form, second_time
from yunbox.storage.rows.model import Column
from yunbox.storage.rows.rights import Stated
from yunbox.storage.rows.rows import Fields, decoded, encoded, fields_of
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import PgError, failure

Changed = tuple[int, tuple[bytes, ...]]
"""How many rows a statement changed, and what they are like then, where it gives them back."""
Setter = tuple[Column, Value]
Packed = tuple[list[bytes] | None, list[bytes]]
"""Keys, of a table that has one, and rows as they are stored."""
MANY = 16
"""Fewer rows are written one by one."""
_PADDED = 1042


@dataclass(frozen=True, slots=True)
class Insert:
    """INSERT of rows of values. ``setters`` are those of DO UPDATE; ``on_conflict`` says whether there is a clause."""

    form: Form
    rows: Callable[[Row], Iterable[list[Any]]]
    parameters: tuple[int, ...]
    output: Output | None
    need: Stated
    on_conflict: bool = False
    setters: tuple[Setter, ...] | None = None
    overwrites: bool = False
    """Whether DO UPDATE makes of a row what was to be inserted."""

    def run(self, change: Change, given: Row) -> Changed:
        """Insert the rows, or do what is to be done instead. Raises PgError, before anything is changed."""
        rows: Sequence[list[Any]] = ()
        try:
            rows = () if self._was_packed(given) else list(self.rows(given))
            if len(rows) == 1 and self.form.relation.primary_key:
                made = self._alone(change, rows[0], given)
                return len(made), made if self.output is not None else ()
            if len(rows) >= MANY and (self.setters is None or self.overwrites):
                given.made = (self, self.packed(rows))
            made = self.at_once(change, *given.made[1]) if self._was_packed(given) else None
        except PgError:  # row by row, what is wrong first is told first
            rows, made = (), None
        if made is None:
            made = self._one_by_one(change, rows or self.rows(given), given)
        return len(made), tuple(made) if self.output is not None else ()

    @property
    def is_plain(self) -> bool:
        """Whether what is stored comes of the values alone, and not of what is there."""
        return not self.on_conflict or self.overwrites

    def _was_packed(self, given: Row) -> bool:
        """Whether the rows of some values are packed already: within a block a statement runs twice."""
        return bool(given.made) and given.made[0] is self

    def packed(self, many: Sequence[list[Any]]) -> Packed:
        """Some rows of values as they are stored. Raises PgError."""
        return self.form.keys(many), self.form.rows(many)

    def at_once(self, change: Change, keys: list[bytes] | None, rows: list[bytes]) -> list[bytes] | None:
        """Write many rows at once; None where one of them needs a look for itself. Raises PgError as it does."""
        relation = self.form.relation
        if keys is None:
            change.add_rows(relation, rows)
            return rows
        present = [change.row(key) for key in keys]
        is_new = all(before is None for before in present)
        if len(set(keys)) < len(keys) or not (is_new or self.on_conflict):
            return None
        written = [(key, row, before) for key, row, before in zip(keys, rows, present, strict=True)
                   if before is None or self.overwrites]  # fmt: skip
        made = [row for _, row, _ in written]
        if relation.binlog is None:
            written.sort()  # a B-tree takes them faster so
        change.set_rows(relation, [key for key, _, _ in written], [row for _, row, _ in written],
                        None if is_new else [before for _, _, before in written])  # fmt: skip
        return made

    def _alone(self, change: Change, values: list[Any], given: Row) -> tuple[bytes, ...]:
        """Insert one row: what it is then. It is what most do most often, and nothing else is there to be looked at."""
        form, key = self.form, self.form.key(values)
        assert key is not None
        before = change.row(key)
        if before is not None and self.on_conflict and self.setters is None:
            return ()
        if before is None or not self.on_conflict or self.overwrites:
            row = form.row(values)
            if before is not None and not self.on_conflict:
                raise form.duplicate(row)
            moved = key
        else:
            assert self.setters is not None
            excluded = Row(given.parameters, given.style, (), values)
            moved, row = _assigned(form, key, before, self.setters, excluded)
        if moved != key:
            batch = Batch(change, form)
            batch.put(key, moved, row)
            batch.apply()
        else:
            change.replace_row(form.relation, key, before, row)
        return (row,)

    def _one_by_one(self, change: Change, rows: Iterable[list[Any]], given: Row) -> list[bytes]:
        batch = Batch(change, self.form)
        if given.keep and self.setters is not None:
            rows = kept(((self.form.key(values), values) for values in rows), given.keep)
        made = [row for row in (self._one(batch, values, given) for values in rows) if row is not None]
        batch.apply()
        return made

    def _one(self, batch: Batch, values: list[Any], given: Row) -> bytes | None:
        """Insert a row; what it is then, or None where nothing was to be done."""
        form = self.form
        key = form.key(values)
        present = batch.present(key) if key is not None and self.on_conflict else None
        if key is None or present is None:
            row = form.row(values)
            batch.place(key, row)
            return row
        if self.setters is None:
            return None
        if batch.touched(key):
            raise second_time()
        if self.overwrites:
            row = form.row(values)
            batch.put(key, key, row)
            return row
        return _changed(batch, key, present, self.setters, Row(given.parameters, given.style, (), values))


@dataclass(frozen=True, slots=True)
class Update:
    """UPDATE of the rows of some keys."""

    form: Form
    keys: Sought
    setters: tuple[Setter, ...]
    parameters: tuple[int, ...]
    output: Output | None
    need: Stated

    def run(self, change: Change, given: Row) -> Changed:
        """Change the rows that are there. Raises PgError, before anything is changed."""
        batch = Batch(change, self.form)
        made: list[bytes] = []
        for key in self.keys(given):
            present = batch.present(key)
            if present is not None:
                made.append(_changed(batch, key, present, self.setters, Row(given.parameters, given.style)))
        batch.apply()
        return len(made), tuple(made) if self.output is not None else ()


@dataclass(frozen=True, slots=True)
class Delete:
    """DELETE of the rows of some keys."""

    form: Form
    keys: Sought
    parameters: tuple[int, ...]
    output: Output | None
    need: Stated

    def run(self, change: Change, given: Row) -> Changed:
        """Remove the rows that are there."""
        batch = Batch(change, self.form)
        found = [(key, batch.present(key)) for key in self.keys(given)]
        gone = [(key, row) for key, row in found if row is not None]
        for key, _ in gone:
            batch.remove(key)
        batch.apply()
        return len(gone), tuple(row for _, row in gone) if self.output is not None else ()


class _Present(Sequence[Any]):
    """The values of a stored row, of which few are looked at."""

    __slots__ = ("_columns", "_fields")

    def __init__(self, columns: Sequence[Column], fields: Fields) -> None:
        self._columns, self._fields = columns, fields

    def __getitem__(self, at: Any) -> Any:
        return decoded(self._columns[at], self._fields[at])

    def __len__(self) -> int:
        return len(self._columns)


def _changed(batch: Batch, key: bytes, present: bytes, setters: Sequence[Setter], row: Row) -> bytes:
    """Change a row as it is assigned to; what it is then. Raises PgError."""
    moved, made = _assigned(batch.form, key, present, setters, row)
    batch.put(key, moved, made)
    return made


def _assigned(form: Form, key: bytes, present: bytes, setters: Sequence[Setter], row: Row) -> tuple[bytes, bytes]:
    """Where a row lies as it is assigned to, and what it is. Raises PgError."""
    relation = form.relation
    fields = fields_of(relation, present)
    row.present = _Present(relation.columns, fields)
    texts = [(column.number, encoded(column, value(row))) for column, value in setters]
    return form.changed(key, fields, texts)


# -- from statements


def insert_of(statement: tree.Insert, find: Find, types: Sequence[int]) -> Insert:
    """An INSERT as a change by key. Raises NotFixed, and PgError for what is wrong in it."""
    if statement.with_ is not None or statement.overriding:
        raise NotFixed
    scope = scope_of(statement.table, find, types)
    if scope.relation.is_generating:
        raise NotFixed
    columns = _targets(statement.columns, scope)
    if isinstance(statement.query, tree.Values):
        rows = _values(statement.query, columns, scope, named=bool(statement.columns))
    elif isinstance(statement.query, tree.Select):
        if statement.columns and len(statement.query.targets) != len(columns):
            raise NotFixed
        rows = unnested(statement.query, columns, lambda column: default_of(column, scope), scope)
    else:
        raise NotFixed
    setters = None
    if statement.conflict is not None:
        setters = _conflict(statement.conflict, scope)
    output = output_of(statement.returning, scope) if statement.returning else None
    conflict = statement.conflict is not None
    need = _insert_need(statement, columns, scope, setters)
    overwrites = setters is not None and _overwrites(statement, scope)
    return Insert(Form(scope.relation), rows, scope.parameters(), output, need, conflict, setters, overwrites)


def _overwrites(statement: tree.Insert, scope: Scope) -> bool:
    """Whether DO UPDATE sets all columns to what was to be inserted. Of a key that may be written in several ways, as
    one padded with spaces, the old way is kept, so that is another thing."""
    assert statement.conflict is not None and statement.conflict.assignments is not None
    relation = scope.relation
    kept = {one.columns[0] for one in singles(statement.conflict.assignments, [column.name for column in relation.live])
            if isinstance(one.value, tree.ColumnRef) and one.value.names == ("excluded", one.columns[0])}  # fmt: skip
    others = {column.name for column in relation.live if column.number not in relation.primary_key}
    return others <= kept and all(column.type_oid != _PADDED for column in relation.key_columns)


def _insert_need(
    statement: tree.Insert, columns: Sequence[Column], scope: Scope, setters: tuple[Setter, ...] | None
) -> Stated:
    """What who inserts must be allowed to: of the columns that are given values, named or not."""
    if not statement.columns:
        query = statement.query
        count = max(map(len, query.rows)) if isinstance(query, tree.Values) else len(getattr(query, "targets", ()))
        columns = columns[:count]
    made = scope.need("INSERT", columns)
    if setters is not None:
        made.words.add("UPDATE")
        made.updated = {column.number for column, _ in setters}
    return made


def _values(
    query: tree.Values, columns: Sequence[Column], scope: Scope, *, named: bool
) -> Callable[[Row], Iterable[list[Any]]]:
    """What makes the rows of VALUES. Raises NotFixed."""
    if any((query.with_, query.order, query.limit, query.offset, query.locks)):
        raise NotFixed
    lengths = {len(row) for row in query.rows}
    if len(lengths) > 1 or (named and lengths != {len(columns)}):
        raise NotFixed
    rows = tuple(_row(row, columns, scope) for row in query.rows)
    return lambda given: ([value(given) for value in row] for row in rows)


def _targets(columns: Sequence[tree.ColumnRef], scope: Scope) -> list[Column]:
    """The columns that an INSERT names; all of them where it names none. One twice is not fixed."""
    if not columns:
        return list(scope.relation.live)
    found = [scope.named(one) for one in columns if len(one.names) == 1]
    if len(found) != len(columns) or len({one.number for one in found}) != len(found):
        raise NotFixed
    return found


def _row(nodes: Sequence[tree.Node], columns: Sequence[Column], scope: Scope) -> tuple[Value, ...]:
    """A row of VALUES, with the defaults of the columns that it leaves out."""
    if len(nodes) > len(columns):
        raise NotFixed
    given = {column.number: node for column, node in zip(columns, nodes, strict=False)}
    return tuple(fitting(one, _value(given.get(one.number), one, scope)) for one in scope.relation.columns)


def _value(node: tree.Node | None, column: Column, scope: Scope) -> Value:
    if node is not None and not isinstance(node, tree.Default):
        return value_for(node, column, scope)
    return default_of(column, scope)


def default_of(column: Column, scope: Scope) -> Value:
    """What a column is of which nothing is said. Raises NotFixed for a default that is no constant."""
    if column.generated is not None and not column.dropped:
        raise NotFixed
    if column.default is None or column.dropped:
        return lambda row: None
    return value_for(expression(column.default), column, scope)


def _conflict(clause: tree.Conflict, scope: Scope) -> tuple[Setter, ...] | None:
    """What DO UPDATE sets; None for DO NOTHING. Raises PgError 42P10 for a conflict that cannot be."""
    if clause.where is not None or clause.index_where is not None or clause.constraint:
        raise NotFixed
    columns = {scope.column(one).number for one in clause.columns}
    if columns and columns != set(scope.relation.primary_key):
        raise _no_such_constraint()
    if clause.assignments is None:
        return None
    if not columns:
        raise NotFixed
    return _setters(clause.assignments, scope, excluded=True)


def _no_such_constraint() -> PgError:
    told = "there is no unique or exclusion constraint matching the ON CONFLICT specification"
    return failure("42P10", told)


def _setters(assignments: Sequence[tree.Assignment], scope: Scope, *, excluded: bool) -> tuple[Setter, ...]:
    found: list[Setter] = []
    for one in singles(assignments, [column.name for column in scope.relation.live]):
        column = scope.relation.by_name.get(one.columns[0])
        if column is None or any(column == before for before, _ in found):
            raise NotFixed
        if isinstance(one.value, tree.Default):
            value = default_of(column, scope)
        else:
            value = change_for(one.value, column, scope, excluded=excluded)
        found.append((column, fitting(column, value)))
    return tuple(found)


def update_of(statement: tree.Update, find: Find, types: Sequence[int]) -> Update:
    """An UPDATE as a change by key. Raises NotFixed."""
    if statement.with_ is not None or statement.sources:
        raise NotFixed
    scope = scope_of(statement.table, find, types)
    if scope.relation.is_generating:
        raise NotFixed
    setters = _setters(statement.assignments, scope, excluded=False)
    if any(column.number in scope.relation.primary_key for column, _ in setters):
        raise NotFixed
    keys = keys_of(statement.where, scope)
    output = output_of(statement.returning, scope) if statement.returning else None
    need = scope.need("UPDATE", (column for column, _ in setters))
    return Update(Form(scope.relation), keys, setters, scope.parameters(), output, need)


def delete_of(statement: tree.Delete, find: Find, types: Sequence[int]) -> Delete:
    """A DELETE as a change by key. Raises NotFixed."""
    if statement.with_ is not None or statement.sources:
        raise NotFixed
    scope = scope_of(statement.table, find, types)
    keys = keys_of(statement.where, scope)
    output = output_of(statement.returning, scope) if statement.returning else None
    return Delete(Form(scope.relation), keys, scope.parameters(), output, scope.need("DELETE"))
