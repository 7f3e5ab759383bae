"""CREATE and DROP PUBLICATION, and the slots by which a publication is followed.

A publication is of one table, as the vendor's examples have it. Making either is for superusers and the table's owner.
Sources: the vendor's page "Use JDBC to consume Hologres binlogs"; the PostgreSQL documentation for the errors.
"""

import re
from collections.abc import Sized
from dataclasses import dataclass

from yunbox.services.hologres.definitions.base import Definition, Name, Scene
from yunbox.services.hologres.definitions.names import name_of
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import TABLE
from yunbox.storage.rows.publications import Publication, Slot, forget, progress
from yunbox.storage.rows.rights import not_owner
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import PgError, failure

_SLOT = re.compile(r"[a-z0-9_]{1,63}")
_PLUGIN = "hgoutput"
_SLOTS_MAX = 1000


@dataclass(frozen=True, slots=True)
class CreatePublication:
    """CREATE PUBLICATION."""

    name: str
    table: Name
    tag: str = "CREATE PUBLICATION"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Make it. Raises PgError 42710, 42P01, 42809, 42501, 54000."""
        if self.name in known.publications:
            raise failure("42710", f'publication "{self.name}" already exists')
        table = scene.need(known, self.table)
        if table.kind != TABLE:
            raise failure("42809", f'"{table.name}" is not a table', "Only tables can be added to publications.")
        scene.check_owns(table)
        _check_count(known.publications)
        made = Publication(catalogue.next_oid(change), self.name, scene.owner, table.oid)
        catalogue.put_publications(change, [*known.publications.values(), made])


@dataclass(frozen=True, slots=True)
class DropPublications:
    """DROP PUBLICATION; slots of it are left, and follow nothing, as the vendor's are."""

    names: tuple[str, ...]
    lenient: bool = False
    tag: str = "DROP PUBLICATION"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Drop them, all or none. Raises PgError 42704, 42501."""
        for name in self.names:
            found = known.publications.get(name)
            if found is None and not self.lenient:
                raise _missing("publication", name)
            if found is None:
                scene.notice("00000", f'publication "{name}" does not exist, skipping')
            elif not scene.rights.owns(found.owner):
                raise not_owner("publication", name)
        left = [one for one in known.publications.values() if one.name not in self.names]
        if len(left) < len(known.publications):
            catalogue.put_publications(change, left)


@dataclass(frozen=True, slots=True)
class CreateSlot:
    """``CALL hg_create_logical_replication_slot``."""

    name: str
    plugin: str
    publication: str
    tag: str = "CALL"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Make it. Raises PgError 42602, 42704, 42710, 42501, 54000."""
        if not _SLOT.fullmatch(self.name):
            hint = "Replication slot names may only contain lower case letters, numbers, and the underscore character."
            raise failure("42602", f'replication slot name "{self.name}" contains invalid character', hint=hint)
        if self.plugin != _PLUGIN:
            raise failure("42704", f'output plugin "{self.plugin}" does not exist', hint=f"There is {_PLUGIN}.")
        if self.name in known.slots:
            raise failure("42710", f'replication slot "{self.name}" already exists')
        published = known.publications.get(self.publication)
        if published is None:
            raise _missing("publication", self.publication)
        if not scene.rights.owns(published.owner):
            raise not_owner("publication", self.publication)
        _check_count(known.slots)
        made = Slot(catalogue.next_oid(change), self.name, self.publication)
        catalogue.put_slots(change, [*known.slots.values(), made])


@dataclass(frozen=True, slots=True)
class DropSlot:
    """``CALL hg_drop_logical_replication_slot``; how far it has come is forgotten with it."""

    name: str
    tag: str = "CALL"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Drop it. Raises PgError 42704, 42501."""
        slot = known.slots.get(self.name)
        if slot is None:
            raise _missing("replication slot", self.name)
        _check_owns(slot, known, scene)
        forget(change, slot)
        catalogue.put_slots(change, [one for one in known.slots.values() if one is not slot])


@dataclass(frozen=True, slots=True)
class ForgetProgress:
    """DELETE of a row of ``hologres.hg_replication_progress``: the slot begins anew, as the vendor's client does it."""

    slot: str
    tag: str = "DELETE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Forget how far it has come. Raises PgError 42501."""
        slot = known.slots.get(self.slot)
        if slot is None:
            return
        _check_owns(slot, known, scene)
        if progress(change, slot):
            forget(change, slot)
            scene.affected.append(1)


def _check_owns(slot: Slot, known: Catalogue, scene: Scene) -> None:
    published = known.publications.get(slot.publication)
    if published is not None and not scene.rights.owns(published.owner):
        raise not_owner("publication", published.name)


def _missing(what: str, name: str) -> PgError:
    return failure("42704", f'{what} "{name}" does not exist')


def _check_count(known: Sized) -> None:
    if len(known) >= _SLOTS_MAX:
        raise failure("54000", f"a database has at most {_SLOTS_MAX} publications, and as many slots, here")


def read_create(cursor: Cursor) -> Definition:
    """Behind CREATE PUBLICATION. Raises PgError 42601, 0A000."""
    name = cursor.name()
    if cursor.take("for", "all", "tables"):
        raise failure("0A000", "CREATE PUBLICATION ... FOR ALL TABLES is not supported")
    if not cursor.take("for", "table"):
        raise failure("0A000", "CREATE PUBLICATION without a table is not supported")
    cursor.take("only")
    table = name_of(cursor)
    if cursor.peek(","):
        raise failure("0A000", "CREATE PUBLICATION of several tables is not supported")
    if cursor.peek("with"):
        raise failure("0A000", "CREATE PUBLICATION ... WITH is not supported")
    return cursor.end(CreatePublication(name, table))


def read_drop(cursor: Cursor) -> Definition:
    """Behind DROP PUBLICATION. Raises PgError 42601."""
    lenient = cursor.take("if", "exists")
    names = cursor.listed(cursor.name)
    cursor.one_of("cascade", "restrict")
    return cursor.end(DropPublications(names, lenient))


def read_forget(cursor: Cursor) -> Definition | None:
    """DELETE FROM hologres.hg_replication_progress; None for any other DELETE. Raises PgError 42601, 0A000."""
    if not cursor.take("delete", "from", "hologres", ".", "hg_replication_progress"):
        return None
    if not cursor.take("where", "slot_name", "=") or cursor.token.sort != "text":
        raise failure(
            "0A000", "DELETE from hologres.hg_replication_progress but WHERE slot_name = '...' is not supported"
        )
    return cursor.end(ForgetProgress(cursor.string()))
