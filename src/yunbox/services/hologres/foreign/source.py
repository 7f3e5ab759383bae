"""MaxCompute's tables as definitions of foreign tables ask for them: what there is, and what a session may know."""

import threading
from collections.abc import Sequence
from pathlib import Path

from yunbox.kernel.errors import Forbidden, NotFound
from yunbox.schema.tables import Table, TableName
from yunbox.services.hologres.session.ports import Context
from yunbox.storage.tables.reader import CatalogueReader, open_reader
from yunbox.wire.pgwire.report import PgError, failure

_PAGE = 1000
_FAILED = "failed to import foreign schema from odps"


class Source:
    """Reads the catalogue of MaxCompute; a server without that has none."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._reader: CatalogueReader | None = None

    def table(self, name: TableName, context: Context) -> Table:
        """A table that the session may describe. Raises Forbidden, PgError HV000."""
        _check("odps:Describe", (name.project, name.schema, name.name), context)
        with self._lock:
            found = self._opened.table(name)
        if found is None:
            raise failed(f"Table not found - {name}")
        return found

    def names(self, project: str, schema: str, context: Context) -> Sequence[TableName]:
        """All tables, views and external tables of a schema, which the session may list. Raises as ``table`` does."""
        _check("odps:List", (project,), context)
        found: list[TableName] = []
        with self._lock:
            while page := self._opened.tables(project, schema, after=found[-1].name if found else "", limit=_PAGE):
                found += [stored.table.name for stored in page]
        return found

    @property
    def _opened(self) -> CatalogueReader:
        if self._reader is None:
            self._reader = open_reader(self._database)
        return self._reader


class Known:
    """MaxCompute as the user of one session sees it."""

    def __init__(self, source: Source, context: Context) -> None:
        self._source = source
        self._context = context

    def table(self, name: TableName) -> Table:
        """A table. Raises Forbidden, PgError HV000."""
        return self._source.table(name, self._context)

    def names(self, project: str, schema: str) -> Sequence[TableName]:
        """The tables of a schema. Raises Forbidden, PgError HV000."""
        return self._source.names(project, schema, self._context)


def _check(action: str, names: Sequence[str], context: Context) -> None:
    try:
        context.reach(action, names)
    except Forbidden as error:
        told = f"{_FAILED}: Authorization Failed: {error.message}"
        raise Forbidden(told, code="HV000", reached=error.details.get("resource", "")) from None
    except NotFound as error:
        raise failed(error.message) from None


def failed(message: str) -> PgError:
    """What the vendor says where a foreign table cannot be made."""
    return failure("HV000", f"{_FAILED}: {message}")
