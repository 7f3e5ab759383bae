"""The file that the copies of tables lie in, in DuckDB's own format, so that they need not be made with every start.

The row store is what counts, so a file that is in doubt is thrown away: one of another row store or of another form,
one that DuckDB cannot read, and one that an engine died of. Beside each copy the file has up to where it follows the
log of its table, written in the same transaction as the rows.
"""

import logging
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import duckdb

from yunbox.engine.duck.scan import quote_text
from yunbox.engine.holo.reads import NAME

_FORM = 1
"""Changes whenever a copy that was made before could not be read as it is."""
_FILE, _OPENING = "copies.duckdb", "opening"
_LOCKED = "Could not set lock"
_LOG = logging.getLogger("yunbox")
CHECKPOINT_BYTES = 32 << 20


class ColumnStore:
    """The file in a folder, attached to a DuckDB; ``identity`` is that of the row store."""

    def __init__(self, db: duckdb.DuckDBPyConnection, folder: Path, identity: str) -> None:
        """Open it, or make it anew. Raises duckdb.Error, if another engine has it."""
        self._db = db.cursor()
        self._folder = folder
        self._is_on_disk = True
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        opening = folder / _OPENING
        if opening.exists():
            _LOG.warning("an engine of Hologres ended while it opened its copies of tables: they are made anew")
            self._remove()
        opening.touch()
        if not self._attached(identity):
            self._remove()
            self._attach()
            self._begin(identity)
        opening.unlink()

    def _attached(self, identity: str) -> bool:
        """Attach what is there; says whether it can be used."""
        if not (self._folder / _FILE).exists():
            return False
        try:
            self._attach()
            kept = self._db.execute(f"SELECT store, form FROM {NAME}.kept").fetchone()
        except duckdb.Error as error:
            if _LOCKED in str(error):
                raise
            _LOG.warning("the copies of Hologres' tables cannot be read, and are made anew: %s", error)
            kept = None
        if kept != (identity, _FORM):
            self._db.execute(f"DETACH DATABASE IF EXISTS {NAME}")
        return kept == (identity, _FORM)

    def _attach(self) -> None:
        self._db.execute(f"ATTACH {quote_text(str(self._folder / _FILE))} AS {NAME}")

    def _begin(self, identity: str) -> None:
        self._db.execute(f"CREATE TABLE {NAME}.positions (node UBIGINT, position UBIGINT, columns INTEGER[])")
        self._db.execute(f"CREATE TABLE {NAME}.kept AS SELECT {quote_text(identity)} AS store, {_FORM} AS form")

    def _remove(self) -> None:
        for name in (_FILE, f"{_FILE}.wal"):
            (self._folder / name).unlink(missing_ok=True)

    def leave_disk(self) -> None:
        """Be in memory from now on, with no copies, and give the file's room back: there was none left."""
        _LOG.warning("the disk has no room for the copies of Hologres' tables: they are in memory until the next start")
        with suppress(duckdb.Error):  # it tries to write the rest, and detaches though it cannot
            self._db.execute(f"DETACH DATABASE {NAME}")
        self._db.execute(f"ATTACH ':memory:' AS {NAME}")
        self._begin("")
        self._remove()
        self._is_on_disk = False

    def positions(self) -> list[tuple[int, int, list[int]]]:
        """What there are copies of: a node, up to where its log was followed, and the numbers of its columns."""
        return self._db.execute(f"SELECT node, position, columns FROM {NAME}.positions").fetchall()

    def note(self, changing: duckdb.DuckDBPyConnection, node: int, position: int, columns: Iterable[int]) -> None:
        """Have a position be known from the end of a transaction on."""
        self.forget(changing, node)
        changing.execute(f"INSERT INTO {NAME}.positions VALUES (?, ?, ?)", [node, position, sorted(columns)])

    def forget(self, changing: duckdb.DuckDBPyConnection, node: int) -> None:
        """Know of no copy any more, from the end of a transaction on."""
        changing.execute(f"DELETE FROM {NAME}.positions WHERE node = ?", [node])

    def shorten(self) -> None:
        """Write what was changed to its place, if it has become much. No transaction may be changing the copies."""
        log = self._folder / f"{_FILE}.wal"
        if self._is_on_disk and log.exists() and log.stat().st_size > CHECKPOINT_BYTES:
            self._db.execute(f"CHECKPOINT {NAME}")
