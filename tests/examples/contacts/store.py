"""Contacts and their groups, as the database keeps them."""

import json
import sqlite3
from dataclasses import asdict, dataclass

from yunbox.kernel.errors import AlreadyExists, Conflict, NotFound
from yunbox.storage.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS contacts (name TEXT PRIMARY KEY, mail TEXT NOT NULL, note TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contact_groups (name TEXT PRIMARY KEY, members TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Contact:
    """Whom to tell."""

    name: str
    mail: str
    note: str = ""


@dataclass(frozen=True)
class Group:
    """Several contacts under one name."""

    name: str
    members: tuple[str, ...] = ()


class Contacts:
    """Reads and changes them; what is acknowledged is on disk."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def contact(self, name: str) -> Contact:
        """A contact. Raises NotFound."""
        row = self._database.read_one("SELECT * FROM contacts WHERE name = ?", name)
        if row is None:
            raise NotFound(f"There is no contact {name}.", code="ResourceNotFound")
        return Contact(**dict(row))

    def contacts(self, after: str, limit: int) -> list[Contact]:
        """A page of contacts, by name."""
        rows = self._database.read("SELECT * FROM contacts WHERE name > ? ORDER BY name LIMIT ?", after, limit)
        return [Contact(**dict(row)) for row in rows]

    async def create(self, contact: Contact) -> None:
        """Add a contact. Raises AlreadyExists."""

        def work(db: sqlite3.Connection) -> None:
            try:
                db.execute("INSERT INTO contacts VALUES (:name, :mail, :note)", asdict(contact))
            except sqlite3.IntegrityError:
                raise AlreadyExists(f"There is a contact {contact.name} already.") from None

        await self._database.write(work)

    async def change(self, contact: Contact) -> None:
        """Give a contact other values. Raises NotFound."""
        self.contact(contact.name)
        sql = "UPDATE contacts SET mail = :mail, note = :note WHERE name = :name"
        await self._database.write(lambda db: db.execute(sql, asdict(contact)))

    async def delete(self, name: str) -> None:
        """Remove a contact. Raises NotFound, or Conflict for a member of a group."""
        self.contact(name)
        member = next((group for group in self.groups() if name in group.members), None)
        if member is not None:
            raise Conflict(f"The contact {name} is in the group {member.name}.", code="ResourceInUse")
        await self._database.write(lambda db: db.execute("DELETE FROM contacts WHERE name = ?", (name,)))

    def group(self, name: str) -> Group:
        """A group. Raises NotFound."""
        row = self._database.read_one("SELECT * FROM contact_groups WHERE name = ?", name)
        if row is None:
            raise NotFound(f"There is no group {name}.", code="ResourceNotFound")
        return Group(row["name"], tuple(json.loads(row["members"])))

    def groups(self) -> list[Group]:
        """All groups, by name."""
        rows = self._database.read("SELECT * FROM contact_groups ORDER BY name")
        return [Group(row["name"], tuple(json.loads(row["members"]))) for row in rows]

    async def put_group(self, group: Group) -> None:
        """Create or replace a group. Raises NotFound for a member that is none."""
        for member in group.members:
            self.contact(member)
        values = group.name, json.dumps(group.members)
        await self._database.write(lambda db: db.execute("INSERT OR REPLACE INTO contact_groups VALUES (?, ?)", values))

    async def delete_group(self, name: str) -> None:
        """Remove a group. Raises NotFound."""
        self.group(name)
        await self._database.write(lambda db: db.execute("DELETE FROM contact_groups WHERE name = ?", (name,)))
