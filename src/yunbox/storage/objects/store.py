"""The object store put together: one folder with its index, packs and files."""

import asyncio
import contextlib
from collections import deque
from pathlib import Path

from yunbox.kernel.clock import Clock
from yunbox.storage.files import sync_folder
from yunbox.storage.objects.blobs import Blobs
from yunbox.storage.objects.buckets import Buckets
from yunbox.storage.objects.index import Index
from yunbox.storage.objects.listing import Listing
from yunbox.storage.objects.objects import Objects
from yunbox.storage.objects.packs import Packs
from yunbox.storage.objects.pins import Pins
from yunbox.storage.objects.sweeps import Sweeps
from yunbox.storage.objects.upkeep import Upkeep
from yunbox.storage.objects.uploads import Uploads

_WORTH_RECLAIMING = 0.1
"""The share of dead bytes in all packs that is worth reading the whole index for."""


class ObjectStore:
    """An open object store; one process at a time may have it open for writing."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        packs = Packs(folder / "packs")
        blobs = Blobs(folder / "data")
        self._index = Index(folder / "index", packs, clock)
        self._packs = packs
        self._pins = Pins(self._unlink)
        self.blobs = blobs
        self.buckets = Buckets(self._index, clock)
        self.objects = Objects(self._index, packs, blobs, self._pins, clock)
        self.uploads = Uploads(self._index, self.objects)
        self.listing = Listing(self._index)
        self.sweeps = Sweeps(self._index)
        self.upkeep = Upkeep(self._index, packs, blobs, self._pins)
        self._unlinked: deque[int] = deque()
        self._folder = folder

    def start(self) -> None:
        """Open for business: clear what a crash left, and begin to write."""
        for folder in (self._folder / "index", self._folder, self._folder.parent):
            sync_folder(folder)
        self._packs.start()
        self._index.start(self._pins.doom)
        self.upkeep.begin_run()

    def held(self) -> contextlib.AbstractContextManager[None]:
        """As long as the block lasts, nothing is unlinked that a reader in another process may have seen named."""
        return self._pins.held()

    async def sweep(self) -> None:
        """Upkeep that is due now and then."""
        self._index.forget_readers()
        unlinked = [self._unlinked.popleft() for _ in range(len(self._unlinked))]
        if unlinked:
            await asyncio.to_thread(self.upkeep.forget_trash, unlinked)
        await asyncio.to_thread(self.upkeep.reclaim, _WORTH_RECLAIMING)

    def close(self) -> None:
        """Finish what is queued and close."""
        self._index.close()
        self._packs.close()

    def _unlink(self, number: int) -> None:
        if number < 0:
            self._packs.remove(-number)
            return
        self.blobs.remove(number)
        self._unlinked.append(number)
