"""What functions say of privileges: whether a role may do something with a thing, or grant it on.

What is asked for has to be there: the role, the object, and a privilege of that name.
Source: the PostgreSQL 11 documentation, "Access Privilege Inquiry Functions".
"""

from collections.abc import Callable, Mapping

import msgspec

from yunbox.engine.holo.system.moment import Moment
from yunbox.sql.hologres.catalogue.relations import fixed_rows
from yunbox.sql.hologres.natives.catalogue import Asked
from yunbox.storage.rows.grants import ANYBODY, WORDS
from yunbox.storage.rows.model import SEQUENCE, Relation
from yunbox.storage.rows.rights import Rights, rights_of
from yunbox.wire.pgwire.report import PgError, failure

_TABLE = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
_COLUMN = ("SELECT", "INSERT", "UPDATE", "REFERENCES")
_PRIVILEGES: Mapping[str, tuple[str, ...]] = {
    "table": _TABLE, "column": _COLUMN, "any_column": _COLUMN, "sequence": ("USAGE", "SELECT", "UPDATE"),
    "database": ("CREATE", "TEMPORARY", "TEMP", "CONNECT"), "function": ("EXECUTE",), "language": ("USAGE",),
    "schema": ("CREATE", "USAGE"), "tablespace": ("CREATE",), "type": ("USAGE",),
    "foreign_data_wrapper": ("USAGE",), "server": ("USAGE",), "role": ("USAGE", "MEMBER"),
}  # fmt: skip
_OPTIONS = ("", " WITH GRANT OPTION", " WITH ADMIN OPTION")
_KINDS = {"table": "regclass", "column": "regclass", "any_column": "regclass", "sequence": "regclass",
          "schema": "regnamespace", "type": "regtype", "role": "regrole"}  # fmt: skip
_MISSING = {
    "regclass": ("42P01", 'relation "{}" does not exist'), "regnamespace": ("3F000", 'schema "{}" does not exist'),
    "regtype": ("42704", 'type "{}" does not exist'), "regrole": ("42704", 'role "{}" does not exist'),
}  # fmt: skip
_SPACE = " \t\n\r\f\v"
_EVERYBODYS = ("function", "language", "type")
"""What everybody may use, as nobody can say otherwise here."""
Find = Callable[[str, str, Asked], int | None]


class Privileges:
    """Those of a moment's objects; ``find`` looks up names of a kind such as ``regclass``."""

    def __init__(self, moment: Moment, find: Find) -> None:
        self._moment = moment
        self._find = find

    def granted(self, kind: str, role: str, thing: str, column: str, privilege: str, asked: Asked) -> bool | None:
        """Whether a role may. A role, an object and a column are ``=name`` or ``#number``, or empty where none is said.

        None where an object is not there that is said by number. Raises PgError for a name of nothing.
        """
        rights = self._rights(role, asked)
        if kind == "sequence":
            self._check(kind, privilege)
        oid = self._oid(kind, thing, asked)
        number = self._column(oid, column) if oid is not None else None
        self._check(kind, privilege)
        if oid is None or number is None:
            return None
        parts = [one.strip(_SPACE).upper() for one in privilege.split(",")]
        return any(self._may(rights, kind, oid, number, part) for part in parts)

    def _rights(self, role: str, asked: Asked) -> Rights:
        """Those of the role that is asked about, and else of who asks. Raises PgError 42704."""
        if not role:
            return rights_of(self._moment.known, asked.user)
        if role.startswith("#"):
            return rights_of(self._moment.known, self._moment.roles.get(int(role[1:]), ANYBODY))
        if role == "=public":
            return rights_of(self._moment.known, ANYBODY)
        self._named("role", role[1:], asked)
        return rights_of(self._moment.known, role[1:])

    def _may(self, rights: Rights, kind: str, oid: int, number: int, part: str) -> bool:
        """Whether a role has one privilege on what is there."""
        word, grants = part.removesuffix(" WITH GRANT OPTION").removesuffix(" WITH ADMIN OPTION"), " WITH " in part
        known = self._moment.known
        if kind == "role":
            name = self._moment.roles.get(oid, "")
            if grants:
                return rights.administers(name)
            return rights.is_member(name) if word == "MEMBER" else rights.is_superuser or name in rights.roles
        letter = WORDS[word]
        ask = rights.options if grants else rights.on
        if kind in ("table", "sequence", "column", "any_column"):
            relation = self._relation(oid)
            return _of_relation(rights, relation, kind, number, letter, grants=grants)
        if kind == "schema":
            owner, acl = self._moment.schema_grants(self._moment.schema_names[oid])
            return bool(ask("schema", owner, acl, letter))
        if kind == "database":
            of = next(one for one in known.databases.values() if one.oid == oid)
            return bool(ask("database", of.owner, of.grants, letter))
        return rights.is_superuser or (kind in _EVERYBODYS and not grants)

    def _relation(self, oid: int) -> Relation:
        """What is granted on a table, or on an index, which is its table's owner's."""
        found = self._moment.relation(oid)
        assert found is not None, "what is there was looked up before"
        relation, is_index = found
        return msgspec.structs.replace(relation, grants=None, column_grants={}) if is_index else relation

    def _oid(self, kind: str, thing: str, asked: Asked) -> int | None:
        if thing.startswith("#"):
            return self._known(kind, int(thing[1:]))
        return self._named(kind, thing[1:], asked)

    def _named(self, kind: str, name: str, asked: Asked) -> int:
        of = _KINDS.get(kind)
        if kind == "role":
            role = self._moment.known.roles.get(name)
            found = role.oid if role is not None else None
        elif kind == "schema":  # its name is taken as it stands, without quotes and folding
            found = self._moment.schemas.get(name)
        elif of is None:
            return self._otherwise(kind, name)
        else:
            found = self._find(of, name, asked)
        if found is None:
            sqlstate, message = _MISSING[_KINDS[kind]]
            raise failure(sqlstate, message.format(name))
        if kind == "sequence" and not self._is_sequence(found):
            raise failure("42809", f'"{name}" is not a sequence')
        return found

    def _otherwise(self, kind: str, name: str) -> int:
        """What has a name of its own sort."""
        if kind == "database":
            if name in self._moment.known.databases:
                return self._moment.known.databases[name].oid
            raise failure("3D000", f'database "{name}" does not exist')
        tables = {"language": "pg_language", "tablespace": "pg_tablespace"}
        if kind == "function":
            raise failure("0A000", "a function by its name is not supported here")
        for row in fixed_rows(tables[kind]) if kind in tables else ():
            if row[1] == name:
                return int(str(row[0]))
        raise failure("42704", f'{kind.replace("_", "-")} "{name}" does not exist')

    def _known(self, kind: str, oid: int) -> int | None:
        known = {
            "schema": lambda: oid in self._moment.schema_names, "type": lambda: oid in self._moment.types,
            "sequence": lambda: self._is_sequence(oid), "server": lambda: False,
            "database": lambda: any(one.oid == oid for one in self._moment.known.databases.values()),
            "foreign_data_wrapper": lambda: False, "role": lambda: oid in self._moment.roles,
            "function": lambda: _has("pg_proc", oid),
            "language": lambda: _has("pg_language", oid), "tablespace": lambda: _has("pg_tablespace", oid),
        }.get(kind, lambda: self._moment.relation(oid) is not None)  # fmt: skip
        return oid if known() else None

    def _is_sequence(self, oid: int) -> bool:
        found = self._moment.by_oid.get(oid)
        return found is not None and found.kind == SEQUENCE

    def _column(self, oid: int, column: str) -> int | None:
        """The number of a table's column, 0 if none is said; None where there is none. Raises PgError 42703."""
        if not column:
            return 0
        found = self._relation(oid)
        if column.startswith("#"):
            return next((one.number for one in found.live if str(one.number) == column[1:]), None)
        if column[1:] not in found.by_name:
            raise failure("42703", f'column "{column[1:]}" of relation "{found.name}" does not exist')
        return found.by_name[column[1:]].number

    @staticmethod
    def _check(kind: str, privilege: str) -> None:
        known = {f"{one}{option}" for one in _PRIVILEGES[kind] for option in _OPTIONS}
        for part in privilege.split(","):
            if part.strip(_SPACE).upper() not in known:
                raise _unrecognised(part)


def _of_relation(rights: Rights, relation: Relation, kind: str, number: int, letter: str, *, grants: bool) -> bool:
    """Whether a role may do something with a relation, or with one or any of its columns."""
    ask = rights.options if grants else rights.on
    if ask(relation.sort, relation.owner, relation.grants, letter):
        return True
    numbers = [number] if kind == "column" else [one.number for one in relation.live] if kind == "any_column" else []
    acls = (relation.column_grants.get(one, ()) for one in numbers)
    return any(ask("column", relation.owner, acl, letter) for acl in acls)


def _has(table: str, oid: int) -> bool:
    return any(row[0] == oid for row in fixed_rows(table))


def _unrecognised(privilege: str) -> PgError:
    return failure("22023", f'unrecognized privilege type: "{privilege.strip()}"')
