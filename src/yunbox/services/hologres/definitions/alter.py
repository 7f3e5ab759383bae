"""ALTER TABLE, ALTER VIEW, ALTER FOREIGN TABLE, COMMENT ON, and ``CALL set_table_property``.

Sources: the PostgreSQL documentation of these commands; the vendor's pages "ALTER TABLE" and "Set table properties".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from yunbox.services.hologres.definitions import checks, column_names, logical
from yunbox.services.hologres.definitions.base import KINDS, Definition, Name, Scene, no_column
from yunbox.services.hologres.definitions.create import ColumnDefinition, check_name, check_type, read_column
from yunbox.services.hologres.definitions.defaults import check_default, constant_of
from yunbox.services.hologres.definitions.dependents import check_unused
from yunbox.services.hologres.definitions.logical_partitions import read_altered
from yunbox.services.hologres.definitions.names import column_of, name_of, written_name
from yunbox.services.hologres.definitions.owners import read_owner
from yunbox.services.hologres.definitions.partitioning import is_partitioning, scheduled
from yunbox.services.hologres.definitions.partitions import read_attach, read_detach
from yunbox.services.hologres.definitions.properties import checked, read_properties
from yunbox.services.hologres.definitions.retyping import read_retyping, refill, retyped
from yunbox.services.hologres.definitions.table_groups import check_group
from yunbox.services.hologres.definitions.types import Typed
from yunbox.services.hologres.fixed.scope import NotFixed
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import STORAGE_MODE, VIEW, Column, Relation
from yunbox.storage.rows.table_groups import group_of
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure

Work = Callable[[Relation, Scene], Relation]


@dataclass(frozen=True, slots=True)
class Step:
    """One action of ALTER TABLE; ``inherited`` is whether a partitioned table's partitions have it done to them too."""

    work: Work
    inherited: bool = False
    common: bool = False
    creates: bool = False
    """Whether who does it must be allowed to make things in the schema."""
    passed_on: Work | None = None
    """What a partitioned table's partitions have done to them too, and any of them can have alone."""

    @property
    def below(self) -> Work | None:
        """What partitions have done to them when it is their table."""
        return self.work if self.inherited else self.passed_on


@dataclass(frozen=True, slots=True)
class AlterTable:
    """ALTER TABLE with one or more actions; with such as are ``common`` also ALTER VIEW."""

    name: Name
    steps: tuple[Step, ...]
    lenient: bool = False
    what: str = "table"
    tag: str = "ALTER TABLE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Do all of it or nothing. Raises PgError."""
        relation = scene.sought(known, self.name, lenient=self.lenient)
        if relation is None:
            return
        is_renamed = all(step.common for step in self.steps) and self.what == "table" and relation.kind == VIEW
        if KINDS[relation.kind] != self.what and not is_renamed:
            raise failure("42809", f'"{relation.name}" is not a {self.what}')
        scene.check_owns(relation)
        if relation.dynamic is not None and not all(step.common and step.creates for step in self.steps):
            told = f'ALTER TABLE of dynamic table "{relation.name}" is not supported'
            raise failure("0A000", told, hint="Use ALTER DYNAMIC TABLE.")
        if relation.parent and any(step.inherited for step in self.steps):
            raise failure("42P16", f'the columns of partition "{relation.name}" are changed with its table')
        self._alter(relation, self.steps, change, known, scene)
        inherited = [Step(work) for step in self.steps if (work := step.below) is not None]
        for partition in known.partitions_of(relation):
            self._alter(partition, inherited, change, known, scene)

    @staticmethod
    def _alter(relation: Relation, steps: Sequence[Step], change: Change, known: Catalogue, scene: Scene) -> None:
        altered = relation
        if any(step.creates for step in steps):
            scene.check_creates(known.schemas[relation.schema])
        for step in steps:
            altered = step.work(altered, scene)
        if group_of(altered) != group_of(relation):
            check_group(known, group_of(altered))
        for one in altered.columns[len(relation.columns) :]:
            check_type(one, known)
        if {one.number for one in relation.live} - {one.number for one in altered.live}:
            check_unused(known, relation, "dropping a column")
        if any(before.type_oid != after.type_oid or before.modifier != after.modifier
               for before, after in zip(relation.columns, altered.columns, strict=False)):  # fmt: skip
            check_unused(known, relation, "changing the type of a column")
            refill(change, relation, altered)
        if altered != relation:
            catalogue.replace(change, relation, altered)


def _column(relation: Relation, name: str) -> Column:
    found = relation.by_name.get(name)
    if found is None:
        raise no_column(name, relation.name)
    return found


def _with(relation: Relation, column: Column) -> Relation:
    columns = [column if one.number == column.number else one for one in relation.columns]
    return msgspec.structs.replace(relation, columns=tuple(columns))


def _add(column: ColumnDefinition, *, lenient: bool) -> Step:
    def step(relation: Relation, scene: Scene) -> Relation:
        check_name(column.name)
        if column.name in relation.by_name:
            told = f'column "{column.name}" of relation "{relation.name}" already exists'
            if not lenient:
                raise failure("42701", told)
            scene.notice("42701", f"{told}, skipping")
            return relation
        if column.is_key:
            raise failure("0A000", "ALTER TABLE ... ADD PRIMARY KEY is not supported")
        if column.type.serial or column.generated is not None:
            raise failure("0A000", "ALTER TABLE ... ADD COLUMN of a serial or generated column is not supported")
        number = len(relation.columns) + 1
        made = msgspec.structs.replace(column.column(()), number=number, added=True)
        *_, made = checks.named((*relation.live, made), relation.name)
        widened = msgspec.structs.replace(relation, columns=(*relation.columns, made))
        return _with(widened, msgspec.structs.replace(made, missing=_missing(made, widened, scene)))

    return Step(step, inherited=True)


def _missing(column: Column, relation: Relation, scene: Scene) -> str | None:
    """What rows have in a new column that were there before. Raises PgError 23502, 0A000."""
    try:
        found = constant_of(column, relation)
    except NotFixed:
        check_default(column, relation, scene.rights.extensions)
        raise failure("0A000", "ALTER TABLE ... ADD COLUMN with a computed DEFAULT is not supported") from None
    if found is None and column.not_null and scene.count(relation):
        raise failure("23502", f'column "{column.name}" of relation "{relation.name}" contains null values')
    if not checks.suits(column, found) and scene.count(relation):
        raise checks.violated(column, relation.name)
    return found


def _drop(name: str, *, lenient: bool) -> Step:
    def step(relation: Relation, scene: Scene) -> Relation:
        if name not in relation.by_name and lenient:
            scene.notice("00000", f'column "{name}" of relation "{relation.name}" does not exist, skipping')
            return relation
        column = _column(relation, name)
        if column.number in relation.primary_key:
            raise failure("0A000", "dropping a column of the primary key is not supported")
        _check_not_generating(relation, column)
        logical.check_not_key(relation, column, "drop")
        if column.number == relation.partition:
            raise failure("42P16", f'cannot drop column "{name}" because it is part of the partition key')
        properties = column_names.without(relation.properties, name)
        relation = msgspec.structs.replace(relation, properties=properties)
        return _with(relation, msgspec.structs.replace(column, dropped=True, not_null=False, default=None, label=""))

    return Step(step, inherited=True)


def _rename_column(name: str, to: str) -> Step:
    def step(relation: Relation, scene: Scene) -> Relation:
        column = _column(relation, name)
        check_name(to)
        _check_not_generating(relation, column)
        if to in relation.by_name:
            raise failure("42701", f'column "{to}" of relation "{relation.name}" already exists')
        properties = column_names.with_renamed(relation.properties, name, to)
        relation = msgspec.structs.replace(relation, properties=properties)
        return _with(relation, msgspec.structs.replace(column, name=to))

    return Step(step, inherited=True, common=True)


def _check_not_generating(relation: Relation, column: Column) -> None:
    """Raise PgError 0A000 where others may be generated by a column: their expressions would have to follow it."""
    if any(one.generated is not None and one != column for one in relation.live):
        told = f'renaming and dropping columns of table "{relation.name}", which has generated ones, is not supported'
        raise failure("0A000", told)


def _set_default(name: str, default: str | None) -> Step:
    def step(relation: Relation, scene: Scene) -> Relation:
        column = msgspec.structs.replace(_column(relation, name), default=default)
        altered = _with(relation, column)
        check_default(column, altered, scene.rights.extensions)
        return altered

    return Step(step, inherited=True)


def _retype(name: str, to: Typed) -> Step:
    def step(relation: Relation, scene: Scene) -> Relation:
        logical.check_not_key(relation, _column(relation, name), "alter")
        return _with(relation, retyped(relation, _column(relation, name), to, scene.rights.extensions))

    return Step(step, inherited=True)


def _rename(to: str) -> Step:
    return Step(lambda relation, scene: msgspec.structs.replace(relation, name=to), common=True, creates=True)


def _set(properties: dict[str, str]) -> Step:
    """Properties, of which partitions take the tier that their rows lie in."""

    def work(given: dict[str, str]) -> Work:
        def step(relation: Relation, scene: Scene) -> Relation:
            found = checked(given, relation, fresh=(relation.schema, relation.name) in scene.fresh)
            if relation.logical is not None:
                logical.tell(found, scene)
            altered = msgspec.structs.replace(relation, properties={**relation.properties, **found})
            return scheduled(altered, scene) if any(is_partitioning(name) for name in found) else altered

        return step

    tier = {name: value for name, value in properties.items() if name.lower() == STORAGE_MODE}
    return Step(work(properties), passed_on=work(tier) if tier else None)


@dataclass(frozen=True, slots=True)
class Comment:
    """COMMENT ON TABLE, VIEW, FOREIGN TABLE or COLUMN; ``column`` is that of a table or view."""

    name: Name
    text: str
    what: str = "table"
    column: str = ""
    tag: str = "COMMENT"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Set it. Raises PgError 42P01, 42703."""
        relation = scene.need(known, self.name)
        if not self.column and KINDS[relation.kind] != self.what:
            raise failure("42809", f'"{relation.name}" is not a {self.what}')
        scene.check_owns(relation)
        if not self.column:
            altered = msgspec.structs.replace(relation, comment=self.text)
        else:
            column = _column(relation, self.column)
            altered = _with(relation, msgspec.structs.replace(column, comment=self.text))
        if altered != relation:
            catalogue.replace(change, relation, altered)


def read_table(cursor: Cursor) -> Definition:
    """Behind ALTER TABLE. Raises PgError 42601, 0A000."""
    lenient = cursor.take("if", "exists")
    cursor.take("only")
    name = name_of(cursor)
    if cursor.peek("partition", "("):
        return read_altered(cursor, name, lenient=lenient)
    if cursor.take("attach", "partition"):
        return read_attach(cursor, name)
    if cursor.take("detach", "partition"):
        return read_detach(cursor, name)
    if cursor.take("rename"):
        return cursor.end(AlterTable(name, (_renaming(cursor),), lenient))
    if cursor.take("owner", "to"):
        return read_owner(cursor, "table", name, lenient=lenient)
    return cursor.end(AlterTable(name, cursor.listed(lambda: _action(cursor)), lenient))


def read_view(cursor: Cursor) -> Definition:
    """Behind ALTER VIEW. Raises PgError 42601, 0A000."""
    lenient = cursor.take("if", "exists")
    name = name_of(cursor)
    if cursor.take("owner", "to"):
        return read_owner(cursor, "view", name, lenient=lenient)
    if not cursor.take("rename"):
        raise failure("0A000", f"ALTER VIEW ... {cursor.token.text.upper()} is not supported")
    return cursor.end(AlterTable(name, (_renaming(cursor),), lenient, "view", "ALTER VIEW"))


def read_sequence(cursor: Cursor) -> Definition:
    """Behind ALTER SEQUENCE. Raises PgError 42601, 0A000."""
    lenient = cursor.take("if", "exists")
    name = name_of(cursor)
    if cursor.take("owner", "to"):
        return read_owner(cursor, "sequence", name, lenient=lenient)
    raise failure("0A000", f"ALTER SEQUENCE ... {cursor.token.text.upper()} is not supported")


def read_foreign(cursor: Cursor) -> Definition:
    """Behind ALTER FOREIGN TABLE, of which the vendor has renaming, and adding and dropping columns.

    Raises PgError 42601, 0A000.
    """
    lenient = cursor.take("if", "exists")
    name = name_of(cursor)
    if cursor.take("rename"):
        if not cursor.take("to"):
            raise failure("0A000", "ALTER FOREIGN TABLE ... RENAME COLUMN is not supported")
        steps: tuple[Step, ...] = (_rename(cursor.name()),)
    else:
        steps = cursor.listed(lambda: _foreign_action(cursor))
    return cursor.end(AlterTable(name, steps, lenient, "foreign table", "ALTER FOREIGN TABLE"))


def _foreign_action(cursor: Cursor) -> Step:
    word = cursor.token.text.upper()
    if cursor.take("drop"):
        return _dropping(cursor)
    if not cursor.take("add"):
        raise failure("0A000", f"ALTER FOREIGN TABLE ... {word} is not supported")
    cursor.take("column")
    lenient = cursor.take("if", "not", "exists")
    column = read_column(cursor)
    if column != ColumnDefinition(column.name, column.type):
        raise failure("0A000", "a column of a foreign table with more than a type is not supported")
    return _add(column, lenient=lenient)


def _renaming(cursor: Cursor) -> Step:
    if cursor.take("to"):
        return _rename(cursor.name())
    if cursor.peek("constraint"):
        raise failure("0A000", "ALTER TABLE ... RENAME CONSTRAINT is not supported")
    cursor.take("column")
    name = cursor.name()
    cursor.need("to")
    return _rename_column(name, cursor.name())


def _action(cursor: Cursor) -> Step:
    word = cursor.token.word
    if cursor.take("add"):
        return _adding(cursor)
    if cursor.take("drop"):
        return _dropping(cursor)
    if cursor.take("set"):
        if not cursor.peek("("):
            raise failure("0A000", f"ALTER TABLE ... SET {cursor.token.text.upper()} is not supported")
        return _set(read_properties(cursor))
    if cursor.take("reset"):
        return Step(logical.forgetting(logical.read_names(cursor)))
    if cursor.take("alter"):
        return _altering(cursor)
    raise failure("0A000", f"ALTER TABLE ... {word.upper()} is not supported")


def _adding(cursor: Cursor) -> Step:
    if cursor.token.word in ("constraint", "primary", "unique", "check", "foreign"):
        raise failure("0A000", f"ALTER TABLE ... ADD {cursor.token.text.upper()} is not supported")
    cursor.take("column")
    lenient = cursor.take("if", "not", "exists")
    return _add(read_column(cursor), lenient=lenient)


def _dropping(cursor: Cursor) -> Step:
    if cursor.peek("constraint"):
        raise failure("0A000", "ALTER TABLE ... DROP CONSTRAINT is not supported")
    cursor.take("column")
    lenient = cursor.take("if", "exists")
    name = cursor.name()
    cursor.one_of("cascade", "restrict")
    return _drop(name, lenient=lenient)


def _altering(cursor: Cursor) -> Step:
    cursor.take("column")
    name = cursor.name()
    if cursor.take("set", "default"):
        text, _ = cursor.placed()
        return _set_default(name, text)
    if cursor.take("drop", "default"):
        return _set_default(name, None)
    if cursor.take("type") or cursor.take("set", "data", "type"):
        return _retype(name, read_retyping(cursor))
    raise failure("0A000", f"ALTER COLUMN ... {cursor.token.text.upper()} is not supported")


def read_comment(cursor: Cursor) -> Definition:
    """Behind COMMENT ON. Raises PgError 42601, 0A000."""
    what = "foreign table" if cursor.take("foreign", "table") else cursor.one_of("table", "view", "column")
    if not what:
        raise failure("0A000", f"COMMENT ON {cursor.token.text.upper()} is not supported")
    name, column = column_of(cursor) if what == "column" else (name_of(cursor), "")
    cursor.need("is")
    text = "" if cursor.take("null") else cursor.string()
    return cursor.end(Comment(name, text, what, column))


def set_property(table: str, name: str, value: str) -> Definition:
    """``CALL set_table_property``. Raises PgError 42602."""
    return AlterTable(written_name(table), (_set({name: value}),), tag="CALL")
