"""Who may read tables, for processes that read them where they lie: the same statements as for a query here."""

from collections.abc import Iterable, Sequence

from yunbox.identity.policy import Statement
from yunbox.kernel.call import Access, Principal
from yunbox.kernel.clock import Clock
from yunbox.schema.tables import TableName
from yunbox.services.maxcompute.access import on_project, on_table
from yunbox.services.maxcompute.security.doors import Doors
from yunbox.services.maxcompute.security.grants import Grants
from yunbox.services.maxcompute.security.owners import Owners, table_owner
from yunbox.storage.database import Database
from yunbox.storage.tables.reader import CatalogueReader


class LentTables:
    """Judges reads of tables."""

    binds_owner = True

    def __init__(self, database: Database, clock: Clock) -> None:
        self.catalogue = CatalogueReader(database.read)
        self._sources = (
            Grants(database, clock).statements,
            Owners({"tables": table_owner(self.catalogue)}).statements,
            Doors(database).statements,
        )

    def access(self, action: str, names: Sequence[str]) -> Access:
        """An action on a project, or on a table by its project, schema and name. Raises NotFound."""
        word = action.removeprefix("odps:")
        if len(names) == 1:
            return on_project(self, word, names[0])
        return on_table(self, word, TableName(*names))

    def statements(self, principal: Principal, access: Access) -> Iterable[Statement]:
        """What the project grants and denies, and what its owner has."""
        for source in self._sources:
            yield from source(principal, access)


def lend(database: Database, clock: Clock) -> LentTables:
    """The judge of a process."""
    return LentTables(database, clock)
