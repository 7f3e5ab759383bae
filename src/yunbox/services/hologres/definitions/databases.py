"""CREATE and DROP of databases. Neither is part of a transaction block, as in PostgreSQL.

Sources: the vendor's pages "CREATE DATABASE" and "DROP DATABASE", which have no other option than OWNER and no FORCE;
the PostgreSQL documentation of these commands.
"""

import re
from dataclasses import dataclass

from yunbox.services.hologres.definitions.base import Definition, Scene, database_of
from yunbox.services.hologres.definitions.role_names import RoleName, check_member, role_name
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows.catalogue import Catalogue, add_database, drop_database
from yunbox.storage.rows.model import FIRST_DATABASE
from yunbox.storage.rows.rights import not_owner
from yunbox.storage.rows.roles import Ownership
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import PgError, failure

_NAME = re.compile(r"\w+", re.ASCII)
_NOT_HERE = ("template", "encoding", "locale", "lc_collate", "lc_ctype", "tablespace", "allow_connections",
             "connection", "is_template", "strategy", "oid")  # fmt: skip


@dataclass(frozen=True, slots=True)
class CreateDatabase:
    """CREATE DATABASE; without an owner it is the one's who makes it."""

    name: str
    owner: RoleName | None = None
    tag: str = "CREATE DATABASE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Make it. Raises PgError 42501, 42602, 42704, 42P04, 54000."""
        role = scene.rights.role
        if not (scene.rights.is_superuser or (role is not None and role.createdb)):
            raise failure("42501", "permission denied to create database")
        owner = scene.owner if self.owner is None else self.owner.of(known, scene)
        check_member(scene, owner)
        add_database(change, checked_name(self.name), owner)


def checked_name(name: str) -> str:
    """A name that a database may have. Raises PgError 42602."""
    if not _NAME.fullmatch(name):
        told = "The name of a database has letters, digits and underscores only."
        raise failure("42602", f'invalid database name "{name}"', told)
    return name


@dataclass(frozen=True, slots=True)
class DropDatabase:
    """DROP DATABASE."""

    name: str
    lenient: bool = False
    tag: str = "DROP DATABASE"

    def found(self, known: Catalogue, scene: Scene) -> Ownership | None:
        """The one that is to go; None where it need not be there. Raises PgError 3D000, 42501, 55006, 0A000."""
        if self.lenient and self.name not in known.databases:
            return None
        database = database_of(known, self.name)
        if not scene.rights.owns(database.owner):
            raise not_owner("database", database.name)
        if database.oid == known.database.oid:
            raise failure("55006", "cannot drop the currently open database")
        if database.oid == FIRST_DATABASE:
            raise failure("0A000", f'database "{database.name}" is the first one of its instance and cannot be dropped')
        return database

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Remove it. Raises PgError 3D000, 42501, 55006, 0A000."""
        database = self.found(known, scene)
        if database is None:
            scene.notice("00000", f'database "{self.name}" does not exist, skipping')
            return
        drop_database(change, database)


def used(database: Ownership, count: int) -> PgError:
    """There are sessions that have a database."""
    detail = f"There are {count} other sessions using the database." if count > 1 else (
        "There is 1 other session using the database.")  # fmt: skip
    return failure("55006", f'database "{database.name}" is being accessed by other users', detail)


# -- from statements


def read_create(cursor: Cursor) -> Definition:
    """Behind CREATE DATABASE. Raises PgError 42601, 0A000."""
    name, owner = cursor.name(), None
    cursor.take("with")
    while not cursor.ended:
        word = cursor.token.word
        if word in _NOT_HERE:
            raise failure("0A000", f"{word.upper()} of a database is not supported")
        cursor.need("owner")
        if owner is not None:
            raise failure("42601", "conflicting or redundant options")
        cursor.take("=")
        owner = role_name(cursor)
    return CreateDatabase(name, owner)


def read_drop(cursor: Cursor) -> Definition:
    """Behind DROP DATABASE. Raises PgError 42601, 0A000."""
    lenient = cursor.take("if", "exists")
    name = cursor.name()
    if cursor.peek("(", "force") or cursor.peek("with", "(", "force"):
        raise failure("0A000", "DROP DATABASE ... WITH (FORCE) is not supported")
    return cursor.end(DropDatabase(name, lenient))
