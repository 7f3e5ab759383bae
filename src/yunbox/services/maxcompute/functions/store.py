"""User-defined functions as registered: their class and resources. Running them is not offered yet."""

import json
import sqlite3
from dataclasses import dataclass

from yunbox.kernel import limits
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import AlreadyExists, NotFound
from yunbox.storage.database import Database


@dataclass(frozen=True)
class Function:
    """A registered function. ``resources`` are names such as ``proj/resources/f.py``."""

    project: str
    name: str
    class_type: str
    resources: tuple[str, ...]
    owner: str
    created: float


class FunctionStore:
    """The functions of all projects."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def create(
        self, project: str, name: str, class_type: str, resources: list[str], owner: str, *, replace: bool = False
    ) -> Function:
        """Register a function. Raises AlreadyExists unless it may be replaced."""
        name = limits.check_name(name, "function")
        values = (project, "default", name, class_type, json.dumps(resources), owner, self._clock.time())

        def work(db: sqlite3.Connection) -> None:
            verb = "INSERT OR REPLACE" if replace else "INSERT"
            try:
                db.execute(f"{verb} INTO functions VALUES (?, ?, ?, ?, ?, ?, ?)", values)
            except sqlite3.IntegrityError:
                raise AlreadyExists(f"Function {name} already exists in project {project}") from None

        await self._database.write(work)
        return self.get(project, name)

    def get(self, project: str, name: str) -> Function:
        """A function by name. Raises NotFound."""
        row = self._database.read_one("SELECT * FROM functions WHERE project = ? AND name = ?", project, name.lower())
        if row is None:
            raise NotFound(f"Function {name} does not exist in project {project}", code="NoSuchObject")
        return _function(row)

    def all(self, project: str, prefix: str = "") -> list[Function]:
        """The functions of a project, by name."""
        rows = self._database.read("SELECT * FROM functions WHERE project = ? ORDER BY name", project)
        return [_function(row) for row in rows if row["name"].startswith(prefix.lower())]

    async def delete(self, project: str, name: str) -> None:
        """Forget a function. Raises NotFound."""
        self.get(project, name)
        sql = "DELETE FROM functions WHERE project = ? AND name = ?"
        await self._database.write(lambda db: db.execute(sql, (project, name.lower())))


def _function(row: sqlite3.Row) -> Function:
    return Function(
        project=row["project"],
        name=row["name"],
        class_type=row["class_type"],
        resources=tuple(json.loads(row["resources"])),
        owner=row["owner"],
        created=row["created"],
    )
