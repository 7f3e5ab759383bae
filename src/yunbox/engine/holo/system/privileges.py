"""Privileges, of which there are all: who may connect may do everything until there is GRANT.

What is asked for has to be there: the role, the object, and a privilege of that name.
Source: the PostgreSQL 11 documentation, "Access Privilege Inquiry Functions".
"""

from collections.abc import Callable, Mapping

from yunbox.engine.holo.system.moment import Moment
from yunbox.sql.hologres.catalogue import oids
from yunbox.sql.hologres.catalogue.relations import fixed_rows
from yunbox.sql.hologres.natives.catalogue import Asked
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
        if role.startswith("=") and role != "=public":
            self._named("role", role[1:], asked)
        if kind == "sequence":
            self._check(kind, privilege)
        oid = self._oid(kind, thing, asked)
        is_there = oid is not None and self._has_column(oid, column)
        self._check(kind, privilege)
        return True if is_there else None

    def _oid(self, kind: str, thing: str, asked: Asked) -> int | None:
        if thing.startswith("#"):
            return self._known(kind, int(thing[1:]))
        return self._named(kind, thing[1:], asked)

    def _named(self, kind: str, name: str, asked: Asked) -> int:
        of = _KINDS.get(kind)
        if kind == "role":
            own = {asked.user: oids.role_oid(asked.user), **{one: oid for oid, one in self._moment.roles.items()}}
            found = own.get(name)
        elif of is None:
            return self._otherwise(kind, name)
        else:
            found = self._find(of, name, asked)
        if found is None:
            sqlstate, message = _MISSING[_KINDS[kind]]
            raise failure(sqlstate, message.format(name))
        if kind == "sequence":
            raise failure("42809", f'"{name}" is not a sequence')
        return found

    @staticmethod
    def _otherwise(kind: str, name: str) -> int:
        """What has a name of its own sort."""
        if kind == "database":
            if name == "yunbox":
                return 16_383
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
            "database": lambda: oid == 16_383, "sequence": lambda: False, "server": lambda: False,
            "foreign_data_wrapper": lambda: False, "role": lambda: True, "function": lambda: _has("pg_proc", oid),
            "language": lambda: _has("pg_language", oid), "tablespace": lambda: _has("pg_tablespace", oid),
        }.get(kind, lambda: self._moment.relation(oid) is not None)  # fmt: skip
        return oid if known() else None

    def _has_column(self, oid: int, column: str) -> bool:
        """Whether a table has a column, if one is said. Raises PgError 42703."""
        if not column:
            return True
        found = self._moment.by_oid[oid]
        if column.startswith("#"):
            return any(str(one.number) == column[1:] for one in found.live)
        if column[1:] not in found.by_name:
            raise failure("42703", f'column "{column[1:]}" of relation "{found.name}" does not exist')
        return True

    @staticmethod
    def _check(kind: str, privilege: str) -> None:
        known = {f"{one}{option}" for one in _PRIVILEGES[kind] for option in _OPTIONS}
        for part in privilege.split(","):
            if part.strip(" \t\n\r\f\v").upper() not in known:
                raise _unrecognised(part)


def _has(table: str, oid: int) -> bool:
    return any(row[0] == oid for row in fixed_rows(table))


def _unrecognised(privilege: str) -> PgError:
    return failure("22023", f'unrecognized privilege type: "{privilege.strip()}"')
