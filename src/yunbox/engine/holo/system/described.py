"""What functions of the system catalogue say: names by OIDs, OIDs by names, and definitions as texts.

Source: the PostgreSQL 11 documentation, "System Information Functions" and "Object Identifier Types".
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Any

from yunbox.engine.holo.system.binlogs import Entry, entry_of
from yunbox.engine.holo.system.definitions import check_clause, pg_description
from yunbox.engine.holo.system.moment import Moment, index_name
from yunbox.engine.holo.system.privileges import Privileges
from yunbox.engine.holo.system.rebuilds import steps_of
from yunbox.engine.holo.system.scripts import script_of
from yunbox.engine.holo.system.splitting import split
from yunbox.sql.hologres.catalogue import oids
from yunbox.sql.hologres.catalogue.relations import fixed_rows, relations
from yunbox.sql.hologres.catalogue.types import BY_NAME as TYPE_NAMES
from yunbox.sql.hologres.natives.catalogue import Asked
from yunbox.sql.hologres.parser.cursor import Cursor
from yunbox.sql.hologres.parser.keywords import is_column_name
from yunbox.storage.rows.grants import ALL, ANYBODY, WORDS, Grant, grant_of
from yunbox.storage.rows.model import PARTITIONED, TABLE, VIEW, Column, Relation
from yunbox.storage.rows.rebuilds import rebuild_of
from yunbox.storage.rows.rights import denied, rights_of
from yunbox.storage.rows.roles import READ_STATS, Ownership
from yunbox.storage.rows.sequences import sequence_of
from yunbox.storage.rows.statistics.kept import Analyzed, analyzed, changes_since
from yunbox.storage.rows.statistics.samples import parts_of
from yunbox.storage.rows.store import RowStore
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.modifiers import format_type
from yunbox.wire.pgwire.values.types import TYPES as WIRE

__all__ = ["Names"]


def quoted(name: str) -> str:
    """A name as SQL has to write it."""
    plain = name[:1].isascii() and (name[:1].islower() or name[:1] == "_") and all(
        one.isascii() and (one.islower() or one.isdigit() or one == "_") for one in name
    )  # fmt: skip
    return name if plain and is_column_name(name) else '"' + name.replace('"', '""') + '"'


@cache
def _column_at(name: str, *labels: str) -> tuple[int, ...]:
    order = [one.name for one in relations()["pg_catalog", name].columns]
    return tuple(order.index(label) for label in labels)


@cache
def _functions() -> Mapping[int, tuple[str, tuple[int, ...]]]:
    oid, name, args = _column_at("pg_proc", "oid", "proname", "proargtypes")
    return {int(row[oid]): (str(row[name]), tuple(row[args])) for row in fixed_rows("pg_proc")}  # ty: ignore[invalid-argument-type] - from JSON


@cache
def _operators() -> Mapping[int, tuple[str, int, int]]:
    """The symbols of operators and the types of their operands, by OID."""
    places = _column_at("pg_operator", "oid", "oprname", "oprleft", "oprright")
    found = ([row[place] for place in places] for row in fixed_rows("pg_operator"))
    return {int(str(oid)): (str(symbol), int(str(left)), int(str(right))) for oid, symbol, left, right in found}


@cache
def _by_name() -> Mapping[str, tuple[int, ...]]:
    made: dict[str, list[int]] = {}
    for oid, (name, _) in _functions().items():
        made.setdefault(name, []).append(oid)
    return {name: tuple(found) for name, found in made.items()}


@cache
def _comments() -> Mapping[tuple[int, int, int], str]:
    return {(row[0], row[1], row[2]): str(row[3]) for row in fixed_rows("pg_description")}  # ty: ignore[invalid-explicit-return] - from JSON


@cache
def _signatures() -> Mapping[int, tuple[str, str, str]]:
    """Arguments, arguments that tell functions apart, and result, of those that have more than types."""
    return {int(str(row[0])): (str(row[1]), str(row[2]), str(row[3])) for row in fixed_rows("signatures")}


@cache
def _parts() -> Mapping[int, tuple[Sequence[str], Sequence[int], int, bool]]:
    """The names and types of arguments, the type of the result, and whether it is a set."""
    at = _column_at("pg_proc", "oid", "proargnames", "proargtypes", "prorettype", "proretset")
    rows: list[list[Any]] = fixed_rows("pg_proc")
    return {row[at[0]]: (row[at[1]] or (), row[at[2]], row[at[3]], row[at[4]]) for row in rows}


_ACL_KINDS = {
    "c": ("", ""), "r": ("", ALL["table"]), "s": ("", ALL["sequence"]), "d": ("Tc", ALL["database"]), "f": ("X", "X"),
    "l": ("U", "U"), "L": ("", "rw"), "n": ("", ALL["schema"]), "p": ("", "sA"), "t": ("", "C"), "F": ("", "U"),
    "S": ("", "U"), "T": ("U", "U"),
}  # fmt: skip
"""What everybody has on things of a kind, and what their owners."""
_LETTERS = {1042: "bpchar", 1560: '"bit"'}
"""Types whose modifier -1 means any length, and not the one letter that none means."""
Describe = Callable[["Names", int, int, Asked], str | None]


class Names:
    """What is asked of one moment's definitions."""

    def __init__(self, moment: Moment, store: RowStore | None) -> None:
        self._moment = moment
        self._store = store
        self._privileges = Privileges(moment, self.named)

    # -- from OIDs

    def described(self, what: str, oid: int, number: int, asked: Asked) -> str | None:
        """What a function says of an object."""
        return _WAYS[what](self, oid, number, asked)

    def _qualified(self, schema: str, name: str, oid: int, asked: Asked) -> str:
        return quoted(name) if self._seen(name, asked) == oid else f"{quoted(schema)}.{quoted(name)}"

    def _seen(self, name: str, asked: Asked) -> int | None:
        """What a name without a schema means."""
        for schema in _path(asked):
            found = self._moment.relation_oid(schema, name)
            if found is not None:
                return found
        return None

    def _named_at(self, oid: int) -> tuple[str, str] | None:
        """Schema and name of a table, a view or an index."""
        found = self._moment.relation(oid)
        if found is None:
            return None
        relation, is_index = found
        return relation.schema, index_name(relation) if is_index else relation.name

    def relation_name(self, oid: int, _number: int, asked: Asked) -> str | None:
        """regclass."""
        found = self._named_at(oid)
        return None if found is None else self._qualified(*found, oid, asked)

    def is_seen(self, oid: int, _number: int, asked: Asked) -> str | None:
        """pg_table_is_visible."""
        found = self._named_at(oid)
        return None if found is None else str(self._seen(found[1], asked) == oid)

    def type_name(self, oid: int, number: int, asked: Asked) -> str | None:
        """format_type."""
        if oid in _LETTERS and number == -1:  # which is another type than the one without a number
            return _LETTERS[oid]
        if oid in WIRE:
            shown = format_type(oid, max(number, -1))
            if number < -1 and shown.removesuffix("[]") == "bpchar":  # so it is called where a number is not asked for
                shown = shown.replace("bpchar", "character")
            return shown.strip('"') if oid in _LETTERS else shown
        found = self._moment.types.get(oid)
        if found is None:
            return None
        schema, name = found
        element = next((of.oid for of in TYPE_NAMES.values() if of.array == oid), 0)
        if element:
            return f"{self.type_name(element, number, asked)}[]"
        row = oids.row_type_of(oid)
        if row is not None:
            return f"{self.type_name(row, -1, asked)}[]"
        seen = schema in _path(asked)
        return quoted(name) if seen else f"{quoted(schema)}.{quoted(name)}"

    def is_type_seen(self, oid: int, _number: int, asked: Asked) -> str | None:
        """pg_type_is_visible."""
        found = self._moment.types.get(oid)
        return None if found is None else str(found[0] in _path(asked))

    def schema_name(self, oid: int, _number: int, _asked: Asked) -> str | None:
        """regnamespace."""
        found = self._moment.schema_names.get(oid)
        return None if found is None else quoted(found)

    def role_name(self, oid: int, _number: int, asked: Asked) -> str | None:
        """pg_get_userbyid."""
        return self._moment.roles.get(oid)

    def quoted_role(self, oid: int, number: int, asked: Asked) -> str | None:
        """regrole."""
        found = self.role_name(oid, number, asked)
        return None if found is None else quoted(found)

    def function_name(self, oid: int, _number: int, _asked: Asked) -> str | None:
        """regproc."""
        found = _functions().get(oid)
        return None if found is None else quoted(found[0])

    def procedure_name(self, oid: int, number: int, asked: Asked) -> str | None:
        """regprocedure."""
        found = _functions().get(oid)
        if found is None:
            return None
        return f"{quoted(found[0])}({','.join(self.type_name(of, -2, asked) or '' for of in found[1])})"

    def operator_name(self, oid: int, number: int, asked: Asked) -> str | None:
        """regoperator."""
        found = _operators().get(oid)
        if found is None:
            return None
        symbol, *operands = found
        return f"{symbol}({','.join((self.type_name(of, -2, asked) or '') if of else 'NONE' for of in operands)})"

    def dictionary_name(self, oid: int, number: int, asked: Asked) -> str | None:
        """regdictionary."""
        number_at, name_at = _column_at("pg_ts_dict", "oid", "dictname")
        found = {row[number_at]: str(row[name_at]) for row in fixed_rows("pg_ts_dict")}
        return quoted(found[oid]) if oid in found else None

    def arguments(self, oid: int, number: int, asked: Asked) -> str | None:
        """pg_get_function_arguments; with a number 1, those that tell functions of a name apart."""
        if oid in _signatures():
            return _signatures()[oid][number]
        found = _parts().get(oid)
        if found is None:
            return None
        names = [*found[0], *[""] * len(found[1])]
        shown = (f"{quoted(name)} {self.type_name(of, -2, asked)}" if name else f"{self.type_name(of, -2, asked)}"
                 for name, of in zip(names, found[1], strict=False))  # fmt: skip
        return ", ".join(shown)

    def result(self, oid: int, _number: int, asked: Asked) -> str | None:
        """pg_get_function_result."""
        if oid in _signatures():
            return _signatures()[oid][2]
        found = _parts().get(oid)
        return None if found is None else f"{'SETOF ' if found[3] else ''}{self.type_name(found[2], -2, asked)}"

    # -- definitions

    def partition_key(self, oid: int, _number: int, _asked: Asked) -> str | None:
        """pg_get_partkeydef."""
        found = self._moment.by_oid.get(oid)
        if found is None or found.kind != PARTITIONED:
            return None
        return f"LIST ({quoted(found.columns[found.partition - 1].name)})"

    def rule(self, oid: int, number: int, asked: Asked) -> str | None:
        """pg_get_ruledef."""
        found = next((one for one in self._moment.own if one.kind == VIEW and oids.rule_oid(one.oid) == oid), None)
        if found is None:
            return None
        query = self.view_definition(found.oid, number, asked) or ""
        view = f"{quoted(found.schema)}.{quoted(found.name)}"
        return f'CREATE RULE "_RETURN" AS\n    ON SELECT TO {view} DO INSTEAD {query}'

    def drawn_from(self, oid: int, number: int, _asked: Asked) -> str | None:
        """pg_get_serial_sequence."""
        found = self._moment.by_oid.get(oid)
        name = sequence_of(found.columns[number - 1]) if found is not None and number else ""
        return name or None

    def is_updatable(self, oid: int, number: int, _asked: Asked) -> str:
        """pg_column_is_updatable: all but generated ones are."""
        found = self._moment.by_oid.get(oid)
        known = found is not None and 0 < number <= len(found.columns)
        return "false" if known and found.columns[number - 1].generated is not None else "true"

    def index_definition(self, oid: int, number: int, asked: Asked) -> str | None:
        """pg_get_indexdef: all of it, or one column."""
        found = self._moment.relation(oid)
        if found is None or not found[1]:
            return None
        relation, _ = found
        columns = [quoted(column.name) for column in relation.key_columns]
        if number:
            return columns[number - 1] if 0 < number <= len(columns) else ""
        table = f"{quoted(relation.schema)}.{quoted(relation.name)}"
        return f"CREATE UNIQUE INDEX {quoted(index_name(relation))} ON {table} USING btree ({', '.join(columns)})"

    def constraint_definition(self, oid: int, _number: int, _asked: Asked) -> str | None:
        """pg_get_constraintdef."""
        found = self._constrained.get(oid)
        if found is None:
            check = self._checked.get(oid)
            return None if check is None else f"CHECK ({check_clause(check)})"
        return f"PRIMARY KEY ({', '.join(quoted(column.name) for column in found.key_columns)})"

    @cached_property
    def _constrained(self) -> Mapping[int, Relation]:
        return {oids.constraint_oid(one.oid): one for one in self._moment.own if one.primary_key}

    @cached_property
    def _checked(self) -> Mapping[int, Column]:
        return {oids.check_oid(one.oid, column.number): column for one in self._moment.own for column in one.vectors}

    def view_definition(self, oid: int, _number: int, _asked: Asked) -> str | None:
        """pg_get_viewdef."""
        found = self._moment.by_oid.get(oid)
        if found is None or found.kind != VIEW or not found.definition:
            return None
        return f" {found.definition.strip().rstrip(';')};"

    def script(self, oid: int, _number: int, _asked: Asked) -> str | None:
        """hg_dump_script. Raises PgError 0A000."""
        found = self._moment.relation(oid)
        if found is None:
            return None
        relation, is_index = found
        if is_index:
            raise failure("0A000", f'hg_dump_script of "{index_name(relation)}" is not supported: it is an index')
        return script_of(self._moment, relation)

    def column_number(self, oid: int, column: str) -> int:
        """The number of a table's column; 0 for none."""
        found = self._moment.by_oid.get(oid)
        return found.by_name[column].number if found is not None and column in found.by_name else 0

    # -- comments, sizes

    @cached_property
    def _own_comments(self) -> Mapping[tuple[int, int, int], str]:
        return {(row["objoid"], row["classoid"], row.get("objsubid", 0)): row["description"]
                for row in pg_description(self._moment)}  # fmt: skip

    def comment(self, oid: int, number: int, _asked: Asked) -> str | None:
        """A comment; ``number`` is the OID of the table that the object is in."""
        key = oid, number, 0
        return self._own_comments.get(key) or _comments().get(key)

    def column_comment(self, oid: int, number: int, _asked: Asked) -> str | None:
        """col_description."""
        return self._own_comments.get((oid, 1259, number))

    def size(self, oid: int, _number: int, _asked: Asked) -> str | None:
        """How many bytes the rows of a table have; an index has none of its own."""
        found = self._moment.relation(oid)
        if found is None:
            return None
        relation, is_index = found
        if is_index or not relation.node:
            return "0"
        return str(self._bytes([relation]))

    def tiers(self, schema: str, table: str, asked: Asked) -> Iterator[tuple[str, int, int, str]] | None:
        """hg_table_storage_status."""
        oid = self._relation_named((schema, table), asked)
        relation = self._moment.by_oid.get(oid or 0)
        if relation is None or relation.kind not in (TABLE, PARTITIONED) or relation not in self._moment.own:
            return None
        parts = self._moment.known.partitions_of(relation) if relation.kind == PARTITIONED else (relation,)
        return (self._tier(one) for one in sorted(parts, key=lambda one: one.name))

    def _tier(self, relation: Relation) -> tuple[str, int, int, str]:
        size_bytes = self._bytes([relation])
        return (relation.name, 0, size_bytes, "cold") if relation.is_cold else (relation.name, size_bytes, 0, "hot")

    def rebuild_steps(self, number: str, asked: Asked) -> list[tuple[Any, ...]]:
        """rebuild_progress."""
        if self._store is None or not (number.isascii() and number.isdigit()):
            return []
        with self._store.reading() as view:
            found = rebuild_of(view, int(number))
        if found is None:
            return []
        rights = rights_of(self._moment.known, asked.user)
        if found.user != asked.user and not (rights.is_superuser or READ_STATS in rights.roles):
            raise failure("42501", f'permission denied: rebuild "{number}" is of another user')
        return steps_of(found)

    def binlog_entry(self, table: str, how: str, value: int, shard: int, asked: Asked) -> Entry | None:
        """hg_get_binlog_cursor and its kin. Raises PgError 42501, 42809, 55000, 22023."""
        relation = self._moment.by_oid.get(self.named("regclass", table, asked) or 0)
        if relation is None:
            raise failure("42P01", f'relation "{table}" does not exist')
        if relation.kind != TABLE or relation.oid not in self._moment.known.relations or self._store is None:
            raise failure("42809", f'"{relation.name}" is not a table')
        if not rights_of(self._moment.known, asked.user).relation(relation, "r"):
            raise denied("table", relation.name)
        with self._store.reading() as view:
            return entry_of(view, relation, how, value, shard)

    def database_size(self, oid: int, _number: int, asked: Asked) -> str | None:
        """How many bytes all rows of a database have, or of the whole instance. Raises PgError 42501."""
        known = self._moment.known
        found = [one for one in known.databases.values() if oid in (0, one.oid)]
        rights = rights_of(known, asked.user)
        for one in found if oid else ():
            if not rights.database("c", one) and READ_STATS not in rights.roles:
                raise denied("database", one.name)
        return str(sum(map(self._bytes_in, found))) if found else None

    def _bytes_in(self, database: Ownership) -> int:
        if self._store is None:
            return 0
        store = self._store.of(database.oid)
        with store.reading() as view:
            return sum(view.size_bytes(one) for one in store.catalogue(view).relations.values() if one.node)

    def _bytes(self, relations: Iterable[Relation]) -> int:
        if self._store is None:
            return 0
        with self._store.reading() as view:
            return sum(map(view.size_bytes, relations))

    def count(self, oid: int, _number: int, _asked: Asked) -> str | None:
        """pg_stat_get_live_tuples: how many rows a table has, now."""
        found = self._moment.by_oid.get(oid)
        if found is None or self._store is None:
            return None
        with self._store.reading() as view:
            return str(view.totals(found).rows)

    def analyze_count(self, oid: int, _number: int, _asked: Asked) -> str | None:
        """pg_stat_get_analyze_count."""
        found = self._analyzed(oid)
        return None if oid not in self._moment.by_oid else str(found.count if found is not None else 0)

    def last_analyze(self, oid: int, _number: int, _asked: Asked) -> str | None:
        """pg_stat_get_last_analyze_time, in microseconds."""
        found = self._analyzed(oid)
        asked_us = (found.asked_us or found.at_us) if found is not None and found.count else 0
        return str(asked_us) if asked_us else None

    def auto_analyze_count(self, oid: int, _number: int, _asked: Asked) -> str | None:
        """pg_stat_get_autoanalyze_count."""
        found = self._analyzed(oid)
        return None if oid not in self._moment.by_oid else str(found.auto_count if found is not None else 0)

    def last_auto_analyze(self, oid: int, _number: int, _asked: Asked) -> str | None:
        """pg_stat_get_last_autoanalyze_time, in microseconds."""
        found = self._analyzed(oid)
        return None if found is None or not found.auto_us else str(found.auto_us)

    def changed_rows(self, oid: int, _number: int, _asked: Asked) -> str | None:
        """pg_stat_get_mod_since_analyze: how many changes of rows statistics do not know of."""
        found = self._moment.by_oid.get(oid)
        if found is None or self._store is None:
            return None
        with self._store.reading() as view:
            return str(changes_since(view, found, parts_of(found, self._moment.known.partitions_of)))

    def _analyzed(self, oid: int) -> Analyzed | None:
        found = self._moment.by_oid.get(oid)
        if found is None or self._store is None:
            return None
        with self._store.reading() as view:
            return analyzed(view, found)

    def granted(self, kind: str, role: str, thing: str, column: str, privilege: str, asked: Asked) -> bool | None:
        """Whether a role may."""
        return self._privileges.granted(kind, role, thing, column, privilege, asked)

    def default_acl(self, oid: int, letter: int, _asked: Asked) -> str | None:
        """acldefault, as JSON. Raises PgError 22023."""
        kind = chr(letter) if letter else ""
        if kind not in _ACL_KINDS:
            raise failure("22023", f"unrecognized object type abbreviation: {kind}")
        owner = self._moment.roles.get(oid, str(oid))
        everybodys, owners = _ACL_KINDS[kind]
        pairs = ((ANYBODY, everybodys), (owner, owners))
        return json.dumps([Grant(name, owner, letters).text for name, letters in pairs if letters])

    def shown(self) -> Iterator[tuple[str, str]]:
        """user_display_name."""
        return ((one.name, one.shown) for one in self._moment.known.roles.values())

    def exploded(self, texts: Sequence[str]) -> Iterator[tuple[int, int, str, bool]]:
        """aclexplode."""
        for text in texts:
            one = grant_of(text)
            for letter in one.privileges:
                word = next(word for word, of in WORDS.items() if of == letter)
                by, to = self._moment.role_oid(one.grantor), self._moment.role_oid(one.grantee)
                yield by, to, word, letter in one.options

    # -- from names

    def named(self, kind: str, text: str, asked: Asked) -> int | None:
        """The OID of what a name means. Raises PgError."""
        names = split(text) if kind in ("regclass", "regnamespace", "regrole", "regproc") else ()
        if kind == "regclass":
            return self._relation_named(names, asked)
        if kind == "regnamespace":
            return self._moment.schemas.get(names[0])
        if kind == "regrole":
            role = self._moment.known.roles.get(names[0])
            return role.oid if role is not None else None
        if kind == "database":
            database = self._moment.known.databases.get(text)
            return database.oid if database is not None else None
        if kind == "regtype":
            return self._type_named(text, asked)
        return self._function_named(kind, names, text)

    def _relation_named(self, names: tuple[str, ...], asked: Asked) -> int | None:
        if len(names) > 1:
            if not rights_of(self._moment.known, asked.user).uses(names[-2]):
                raise denied("schema", names[-2])
            return self._moment.relation_oid(names[-2], names[-1])
        return self._seen(names[0], asked)

    def _type_named(self, text: str, asked: Asked) -> int | None:
        cursor = Cursor(text)
        name = cursor.type_name()
        if cursor.token.kind != "end":
            cursor.fail()
        schemas = name.names[:-1] or _path(asked)
        wanted = f"_{name.names[-1]}" if name.dimensions else name.names[-1]
        for oid, (schema, one) in self._moment.types.items():
            if one == wanted and schema in schemas:
                return oid
        return None

    @staticmethod
    def _function_named(kind: str, names: tuple[str, ...], text: str) -> int | None:
        if kind in ("regprocedure", "regoperator", "regdictionary"):
            raise failure("0A000", f"a name of type {kind} is not supported")
        found = _by_name().get(names[-1], ()) if names[:-1] in ((), ("pg_catalog",)) else ()
        if len(found) > 1:
            raise failure("42725", f'more than one function named "{text}"')
        return found[0] if found else None


def _path(asked: Asked) -> tuple[str, ...]:
    return asked.path if "pg_catalog" in asked.path else ("pg_catalog", *asked.path)


_WAYS: Mapping[str, Describe] = {
    "regclass": Names.relation_name, "regtype": Names.type_name, "format_type": Names.type_name,
    "regnamespace": Names.schema_name, "regrole": Names.quoted_role, "regproc": Names.function_name,
    "regprocedure": Names.procedure_name, "regoperator": Names.operator_name,
    "regdictionary": Names.dictionary_name, "pg_table_is_visible": Names.is_seen,
    "pg_type_is_visible": Names.is_type_seen, "pg_get_userbyid": Names.role_name,
    "pg_get_indexdef": Names.index_definition, "pg_get_constraintdef": Names.constraint_definition,
    "pg_get_viewdef": Names.view_definition, "obj_description": Names.comment,
    "col_description": Names.column_comment,
    "pg_get_function_arguments": Names.arguments, "pg_get_function_result": Names.result,
    "pg_get_partkeydef": Names.partition_key, "pg_get_ruledef": Names.rule,
    "is_updatable": Names.is_updatable, "pg_get_serial_sequence": Names.drawn_from, "acldefault": Names.default_acl,
    "hg_dump_script": Names.script,
    "rows": Names.count, "analyze_count": Names.analyze_count,
    "last_analyze": Names.last_analyze, "auto_analyze_count": Names.auto_analyze_count,
    "last_auto_analyze": Names.last_auto_analyze, "changed_rows": Names.changed_rows,
    "size": Names.size, "database_size": Names.database_size,
}  # fmt: skip
