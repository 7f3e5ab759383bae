"""``hg_dump_script``: the statements that make a table or a view again.

Source: the vendor's page "Recycle bin", which shows such a script of a table, and those that the vendor's own tools
read in their tests. A serial column is written as such, since a default that draws from a sequence would need one that
is there already; a view has its columns' names, and where it was written under another search path than ``public``,
that path, as its query alone might mean something else.
"""

from collections.abc import Iterator, Mapping

from yunbox.engine.holo.system.definitions import shown_default
from yunbox.engine.holo.system.moment import Moment
from yunbox.storage.rows.logical import values_of
from yunbox.storage.rows.model import FOREIGN, PARTITIONED, TABLE, VIEW, Column, Relation
from yunbox.storage.rows.partitioning import rule
from yunbox.storage.rows.sequences import sequence_of
from yunbox.storage.rows.table_groups import FIRST_GROUP, TABLE_GROUP
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.settings.kinds import identifier
from yunbox.wire.pgwire.values.modifiers import format_type

_KINDS = {TABLE: "TABLE", PARTITIONED: "TABLE", VIEW: "VIEW", FOREIGN: "FOREIGN TABLE"}
_SERIAL = {21: "smallserial", 23: "serial", 20: "bigserial"}
_FIRST = ("orientation", "storage_format")
"""The properties that come first; the others follow by their names."""
_USUAL_PATH = ("public",)


def script_of(moment: Moment, relation: Relation) -> str:
    """The script. Raises PgError 0A000 for what has none."""
    kind = _KINDS.get(relation.kind, "")
    if not kind or relation.oid not in moment.known.relations:
        raise failure(
            "0A000", f'hg_dump_script of "{relation.name}" is not supported: it is no table or view of a user'
        )
    name, owner = _name(relation), moment.known.owner(relation.owner)
    lines = ["BEGIN;", "", "/*", f"DROP {kind} {_told(name)};", "*/", "",
             f"-- Type: {kind} ; Name: {_told(relation.name)}; Owner: {_told(owner)}", ""]  # fmt: skip
    lines += _made(moment, relation, name)
    lines += ["", "", "", f"COMMENT ON {kind} {name} IS {_text(relation.comment) if relation.comment else 'NULL'};",
              f"ALTER {'VIEW' if kind == 'VIEW' else 'TABLE'} {name} OWNER TO {identifier(owner)};"]  # fmt: skip
    lines += [f"COMMENT ON COLUMN {name}.{identifier(one.name)} IS {_text(one.comment)};"
              for one in relation.live if one.comment]  # fmt: skip
    return "\n".join([*lines, "", "", "END;"])


def _made(moment: Moment, relation: Relation, name: str) -> Iterator[str]:
    """CREATE, in lines."""
    if relation.kind == VIEW:
        yield from _view(moment, relation, name)
        return
    if relation.kind == FOREIGN:
        yield f"CREATE FOREIGN TABLE {name} ("
        yield from _elements(relation)
        options = ", ".join(f"{key} {_text(value)}" for key, value in relation.options.items())
        yield f")\nSERVER {identifier(relation.server)}\nOPTIONS ({options});"
        return
    if relation.parent:
        yield from _partition(moment, relation, name)
        return
    if relation.dynamic is not None:
        names = ", ".join(identifier(one.name) for one in relation.live)
        yield f"CREATE DYNAMIC TABLE {name} ({names}) WITH ("
        yield from _properties({**relation.properties, **relation.dynamic.given}, ")")
        yield f"AS\n{relation.dynamic.query};"
        return
    yield f"CREATE TABLE {name} ("
    yield from _elements(relation)
    yield f"){_key(relation)}WITH ("
    yield from _properties(relation.properties)
    yield from _logical(relation, name)


def _logical(relation: Relation, name: str) -> Iterator[str]:
    """What is said of single logical partitions."""
    names = [identifier(one.name) for one in relation.logical_columns]
    for kept, given in relation.logical.properties.items() if relation.logical is not None else ():
        values = ", ".join(f"{one} = {_text(value)}" for one, value in zip(names, values_of(kept), strict=True))
        said = ", ".join(f"{key} = {_text(value)}" for key, value in given.items())
        yield f"ALTER TABLE {name} PARTITION ({values}) SET ({said});"


def _key(relation: Relation) -> str:
    """By what a table is partitioned."""
    if relation.logical is not None:
        return f"\nLOGICAL PARTITION BY LIST ({', '.join(identifier(one.name) for one in relation.logical_columns)})\n"
    if relation.kind == PARTITIONED:
        return f"\nPARTITION BY LIST ({identifier(relation.columns[relation.partition - 1].name)})\n"
    return " "


def _partition(moment: Moment, relation: Relation, name: str) -> Iterator[str]:
    """A partition: made as one where that gives the same table, else a table that becomes one."""
    parent, bound = moment.by_oid[relation.parent], moment.bound(relation)
    taken = {one for one in parent.properties if not one.startswith(rule.PREFIX)}
    if list(map(_column, parent.live)) == list(map(_column, relation.live)) and taken <= relation.properties.keys():
        yield f"CREATE TABLE {name} PARTITION OF {_name(parent)}"
        yield f"{bound} WITH ("
        yield from _properties(relation.properties)
        return
    yield f"CREATE TABLE {name} ("
    yield from _elements(relation)
    yield ") WITH ("
    later = {key: value for key, value in relation.properties.items() if key == rule.KEEP_ALIVE}
    yield from _properties({key: value for key, value in relation.properties.items() if key not in later})
    yield f"ALTER TABLE {_name(parent)} ATTACH PARTITION {name} {bound};"
    for key, value in later.items():
        yield f"CALL set_table_property({_text(name)}, {_text(key)}, {_text(value)});"


def _view(moment: Moment, view: Relation, name: str) -> Iterator[str]:
    """A view. Raises PgError 0A000 where its query no longer says what it reads."""
    if any(not _is_named(moment, view, written, oid) for written, oid in view.names.items()):
        told = f'hg_dump_script of view "{view.name}", which reads what was renamed since, is not supported'
        raise failure("0A000", told)
    if view.path != _USUAL_PATH:
        yield f"SET LOCAL search_path TO {', '.join(map(identifier, view.path)) or _text('')};\n"
    columns = ", ".join(identifier(one.name) for one in view.live)
    yield f"CREATE OR REPLACE VIEW {name} ({columns}) AS"
    yield f" {view.definition.strip().rstrip(';')};"


def _is_named(moment: Moment, view: Relation, written: str, oid: int) -> bool:
    """Whether a name in a view's query means now what it meant, with the columns that it had."""
    schema, _, name = written.rpartition(".")
    found = (moment.relation_oid(one, name) for one in ((schema,) if schema else ("pg_catalog", *view.path)))
    if next((one for one in found if one is not None), None) != oid:
        return False
    table = moment.by_oid[oid]
    return all(table.columns[number - 1].name == called for number, called in view.uses.get(oid, {}).items())


def _elements(relation: Relation) -> Iterator[str]:
    """Columns and the primary key, as the vendor's scripts set their commas."""
    yield ",\n".join(f"    {_column(one)}" for one in relation.live)
    if relation.primary_key:
        yield f"    ,PRIMARY KEY ({', '.join(identifier(one.name) for one in relation.key_columns)})"


def _column(column: Column) -> str:
    said = [identifier(column.name), format_type(column.type_oid, column.modifier)]
    is_serial = bool(sequence_of(column))
    if is_serial:
        said[1] = _SERIAL[column.type_oid]
    if column.not_null:
        said.append("NOT NULL")
    if column.generated is not None:
        said.append(f"GENERATED ALWAYS AS ({column.generated}) STORED")
    elif column.default is not None and not is_serial:
        said.append(f"DEFAULT {shown_default(column)}")
    if column.length:
        name = said[0]
        check = f"array_ndims({name}) = 1 AND array_length({name}, 1) = {column.length}"
        said.append(f"CONSTRAINT {identifier(column.check)} CHECK ({check})")
    return " ".join(said)


def _properties(given: Mapping[str, str], end: str = ");") -> Iterator[str]:
    """Behind ``WITH (``."""
    found = {TABLE_GROUP: FIRST_GROUP, **given}
    names = sorted(found, key=lambda one: (_FIRST.index(one) if one in _FIRST else len(_FIRST), one))
    yield ",\n".join(f"{one.replace('.', '_')} = {_text(found[one])}" for one in names)
    yield end


def _name(relation: Relation) -> str:
    return f"{identifier(relation.schema)}.{identifier(relation.name)}"


def _told(name: str) -> str:
    """A name as it may stand in a comment, which it must not end."""
    return " ".join(name.split()).replace("*/", "* /").replace("/*", "/ *")


def _text(value: str) -> str:
    """As a constant; a backslash stands for itself."""
    return "'" + value.replace("'", "''") + "'"
