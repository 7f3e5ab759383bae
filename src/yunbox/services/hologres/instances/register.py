"""Which instances there are: the house's own, which is there from the first start on, and those that were created.

What is written here is true before a process knows it: an instance that is to go is ``Deleting`` from the moment that
its deletion was acknowledged, and a start after a kill goes on from there.
"""

import secrets
import sqlite3
import string
from collections.abc import Iterable
from dataclasses import dataclass, replace

from yunbox.kernel.errors import Conflict, InvalidArgument, NotFound
from yunbox.services.hologres.gateway.config import OWN
from yunbox.storage.database import Database

INSTANCES_SCHEMA = """
CREATE TABLE IF NOT EXISTS hologres_instances (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, region TEXT NOT NULL, zone TEXT NOT NULL, cpu INTEGER NOT NULL,
    status TEXT NOT NULL, port INTEGER NOT NULL, networks TEXT NOT NULL, vpc_id TEXT NOT NULL, vswitch_id TEXT NOT NULL,
    ssl INTEGER NOT NULL, created REAL NOT NULL, database TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS hologres_instance_tags (
    id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (id, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hologres_instance_statements (id TEXT PRIMARY KEY) WITHOUT ROWID;
"""
CREATING, RUNNING, SUSPENDED, DELETING = "Creating", "Running", "Suspended", "Deleting"
INTERNET, INTRANET, VPC = "Internet", "Intranet", "VPCSingleTunnel"
NETWORKS = (INTERNET, INTRANET, VPC)
INSTANCES_MAX, TAGS_MAX = 8, 20
_LETTERS = string.ascii_lowercase + string.digits
_COLUMNS = "id, name, region, zone, cpu, status, port, networks, vpc_id, vswitch_id, ssl, created, database"


@dataclass(frozen=True)
class Instance:
    """An instance; ``networks`` are the kinds of its endpoints, all of which are the same one here. ``database`` is
    what the databases are called that it was made with, with commas between."""

    id: str
    name: str
    region: str
    zone: str
    cpu: int
    status: str
    port: int
    networks: tuple[str, ...]
    vpc_id: str
    vswitch_id: str
    ssl: bool
    created: float
    database: str

    @property
    def databases(self) -> tuple[str, ...]:
        """Those that it was made with; all but the first may have been dropped since."""
        return tuple(self.database.split(","))

    @property
    def is_own(self) -> bool:
        """Whether it is the house's own, which goes with the server."""
        return self.id == OWN


def new_id() -> str:
    """An id as the vendor's instances have, which are paid for by the hour."""
    return "hgpostcn-cn-" + "".join(secrets.choice(_LETTERS) for _ in range(12))


def missing(instance_id: str) -> NotFound:
    """There is none of that id; clients look for the first words."""
    told = f"resource not exists failed: there is no instance {instance_id[:64]}."
    return NotFound(told, code="ResourceNotExist.Instance")


@dataclass(frozen=True)
class Register:
    """The instances of the house."""

    database: Database

    async def settle(self, own: Instance) -> None:
        """Have the house's own one be as it is this time; its name is kept, and when it was first there."""
        columns = "region", "zone", "cpu", "status", "port", "ssl"
        changed = ", ".join(f"{name} = excluded.{name}" for name in columns)
        sql = f"INSERT INTO hologres_instances VALUES ({_marks(own)}) ON CONFLICT DO UPDATE SET {changed}"
        await self.database.write(lambda db: db.execute(sql, _stored(vars(own).values())) and None)

    def all(self) -> list[Instance]:
        """All of them, the oldest first."""
        rows = self.database.read(f"SELECT {_COLUMNS} FROM hologres_instances ORDER BY created, id")
        return [_instance(row) for row in rows]

    def get(self, instance_id: str) -> Instance:
        """One by its id. Raises NotFound."""
        row = self.database.read_one(f"SELECT {_COLUMNS} FROM hologres_instances WHERE id = ?", instance_id)
        if row is None:
            raise missing(instance_id)
        return _instance(row)

    async def add(self, instance: Instance) -> None:
        """Keep a new one. Raises Conflict when there are as many as there may be."""

        def work(db: sqlite3.Connection) -> None:
            if db.execute("SELECT count(*) FROM hologres_instances").fetchone()[0] > INSTANCES_MAX:
                raise Conflict(f"There are at most {INSTANCES_MAX} instances beside {OWN}.", code="QuotaExceeded")
            db.execute(f"INSERT INTO hologres_instances VALUES ({_marks(instance)})", _stored(vars(instance).values()))

        await self.database.write(work)

    async def change(self, instance: Instance, **changed: object) -> Instance:
        """Have something of one be another. Raises Conflict where its state has become another meanwhile."""
        names = ", ".join(f"{name} = ?" for name in changed)

        def work(db: sqlite3.Connection) -> int:
            sql = f"UPDATE hologres_instances SET {names} WHERE id = ? AND status = ?"
            return db.execute(sql, (*_stored(changed.values()), instance.id, instance.status)).rowcount

        if not await self.database.write(work):
            now = self.get(instance.id).status
            raise Conflict(f"The instance {instance.id} is {now} by now.", code="IncorrectInstanceStatus")
        return replace(instance, **changed)

    async def forget(self, instance_id: str) -> None:
        """One is gone, and what was said of it is."""

        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM hologres_instance_tags WHERE id = ?", (instance_id,))
            db.execute("DELETE FROM hologres_instance_statements WHERE id = ?", (instance_id,))
            db.execute("DELETE FROM hologres_instances WHERE id = ?", (instance_id,))

        await self.database.write(work)

    # -- statements by OpenAPI

    def takes_statements(self, instance_id: str) -> bool:
        """Whether an instance's SQL may be run by OpenAPI; that of none may before somebody has said so."""
        return (
            self.database.read_one("SELECT 1 FROM hologres_instance_statements WHERE id = ?", instance_id) is not None
        )

    async def take_statements(self, instance_id: str, *, taken: bool) -> None:
        """Say whether it may."""
        sql = "INSERT OR IGNORE INTO hologres_instance_statements VALUES (?)"
        if not taken:
            sql = "DELETE FROM hologres_instance_statements WHERE id = ?"
        await self.database.write(lambda db: db.execute(sql, (instance_id,)) and None)

    # -- tags

    def tags(self, instance_id: str) -> dict[str, str]:
        """An instance's tags."""
        sql = "SELECT key, value FROM hologres_instance_tags WHERE id = ? ORDER BY key"
        return {row["key"]: row["value"] for row in self.database.read(sql, instance_id)}

    async def tag(self, instances: tuple[str, ...], tags: dict[str, str]) -> None:
        """Tag instances; a key that is there gets the new value. Raises InvalidArgument when they are too many."""
        sql = "INSERT INTO hologres_instance_tags VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"

        def work(db: sqlite3.Connection) -> None:
            for one in instances:
                db.executemany(sql, [(one, key, value) for key, value in tags.items()])
                count = db.execute("SELECT count(*) FROM hologres_instance_tags WHERE id = ?", (one,)).fetchone()[0]
                if count > TAGS_MAX:
                    raise InvalidArgument(f"An instance has at most {TAGS_MAX} tags.", code="NumberExceed.Tags")

        await self.database.write(work)

    async def untag(self, instances: tuple[str, ...], keys: tuple[str, ...]) -> None:
        """Take tags away."""
        pairs = [(one, key) for one in instances for key in keys]

        def work(db: sqlite3.Connection) -> None:
            db.executemany("DELETE FROM hologres_instance_tags WHERE id = ? AND key = ?", pairs)

        await self.database.write(work)


def _instance(row: sqlite3.Row) -> Instance:
    values = dict(row)
    values |= {"networks": tuple(one for one in row["networks"].split(",") if one), "ssl": bool(row["ssl"])}
    return Instance(**values)


def _stored(values: Iterable[object]) -> tuple[object, ...]:
    return tuple(",".join(one) if isinstance(one, tuple) else one for one in values)


def _marks(instance: Instance) -> str:
    return ", ".join("?" * len(vars(instance)))
