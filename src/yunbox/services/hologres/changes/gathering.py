"""The rows of one statement, gathered until all of them are written at one moment.

Few are held in memory, and many wait in a file beside the row store: so a statement takes as much memory as the keys of
its rows do, and a place for each. In a block all rows are held, as the block tries them out before it is committed.
"""

import asyncio
from pathlib import Path

from yunbox.storage.rows.bulk.load import Conflict, Load, Writing
from yunbox.storage.rows.bulk.packed import Packed
from yunbox.storage.rows.form import Form
from yunbox.wire.pgwire.report import failure

HELD_BYTES = 64 << 20
"""After so many bytes of rows they go to a file."""
BLOCK_BYTES_MAX = 1 << 30
BYTES_MAX = 64 << 30
PLACES_BYTES_MAX = 1 << 30
"""The most memory for keys and places: of some 20 million rows by a number, and of 7 million by a text."""


class Gathering:
    """Rows on their way to one write. ``folder`` is where they wait; None in a block."""

    def __init__(self, form: Form, conflict: Conflict, folder: Path | None) -> None:
        self._form = form
        self._conflict: Conflict = conflict
        self._folder = folder
        self._load = Load(form, conflict)

    def __len__(self) -> int:
        """How many rows came."""
        return len(self._load)

    async def add(self, packed: Packed) -> None:
        """Take more rows. Raises PgError 54000 for too many, and StorageFull."""
        load = self._load
        load.add(packed)
        if self._folder is None and load.size_bytes > BLOCK_BYTES_MAX:
            told = f"a statement in a block writes at most {BLOCK_BYTES_MAX} bytes of rows here"
            raise failure("54000", told, hint=_HINT)
        if load.size_bytes > BYTES_MAX:
            raise failure("54000", f"a statement writes at most {BYTES_MAX} bytes of rows here", hint=_HINT)
        if load.places_bytes > PLACES_BYTES_MAX:
            raise failure("54000", f"{len(load)} rows are more than one statement writes here", hint=_HINT)
        if self._folder is not None and load.size_bytes > HELD_BYTES and not load.is_spilled:
            await asyncio.to_thread(load.spill, self._folder)

    async def abandon(self) -> None:
        """Forget them."""
        self._load = Load(self._form, self._conflict)

    async def prepared(self) -> Writing:
        """What writes them, in the order of their keys."""
        return await asyncio.to_thread(self._load.prepared)


_HINT = "Write them in parts."
