"""An object store on a disk that fills up; run in a mount namespace of its own, on a small file system.

`unshare -rm sh -c 'mount -t tmpfs -o size=48m tmpfs /mnt && exec "$@"' sh python tests/faults/objects_full.py /mnt`
"""

import asyncio
import contextlib
import random
import sys
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by its path, this file has no package around it

from tests.faults.filler import fill
from tests.faults.objects_audit import audit
from yunbox.kernel.clock import SystemClock
from yunbox.kernel.errors import StorageFull
from yunbox.storage.objects.model import Bucket
from yunbox.storage.objects.objects import Addition, Attributes, NoSuchKey
from yunbox.storage.objects.store import ObjectStore

GIB = 1 << 30
LARGE = 300_000
LEFT_BYTES = (0, 4096, 16_384, 65_536, 131_072, 262_144)


def data_of(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 50_000):
        yield data[start : start + 50_000]


class FullDisk:
    """A store, the file that takes its space, and what must be in the store."""

    def __init__(self, disk: Path) -> None:
        self.folder = disk / "objects"
        self.filler = disk / "filler"
        self.store = self._open()
        self.refused = 0
        self.expected: dict[str, bytes | None] = {}

    def _open(self) -> ObjectStore:
        store = ObjectStore(self.folder, SystemClock())
        store.start()
        return store

    @property
    def bucket(self) -> Bucket:
        return self.store.buckets.get("b")

    def free(self) -> None:
        """Give the space back."""
        self.filler.unlink()

    async def put(self, key: str, data: bytes) -> None:
        content = await self.store.objects.receive(chunks(data), size_max=GIB)
        await self.store.objects.put(self.bucket, key, content, Attributes())

    async def append(self, key: str, data: bytes) -> None:
        found = self.store.objects.find(self.bucket, key)
        position = found.size if found else 0
        await self.store.objects.append(self.bucket, key, Addition(position, chunks(data), Attributes(), GIB))

    async def delete(self, key: str) -> None:
        await self.store.objects.delete(self.bucket, key, "1")

    async def copy(self, key: str, to: str) -> None:
        record, source = self.store.objects.open(self.bucket, key)
        with contextlib.closing(source):
            await self.store.objects.copy(source, self.bucket, to, record)

    async def read(self, key: str) -> bytes | None:
        try:
            record, source = self.store.objects.open(self.bucket, key)
        except NoSuchKey:
            return None
        with contextlib.closing(source):
            return b"".join([piece async for piece in source.pieces(0, record.size)])

    async def try_write(self, key: str, after: bytes | None, write: Awaitable[object]) -> bool:
        """Whether a write had room; it is there then, and otherwise what was there before is."""
        try:
            await write
        except StorageFull:
            self.refused += 1
            return False
        self.expected[key] = after
        return True

    async def try_everything(self, seed: int) -> None:
        """A write of every kind; each is done whole or refused."""
        for size in (100, 60_000, LARGE):
            data = data_of(size, seed)
            await self.try_write(f"new-{size}", data, self.put(f"new-{size}", data))
            await self.try_write("old", data, self.put("old", data))
            await self.try_write("log", (self.expected["log"] or b"") + data, self.append("log", data))
        await self.try_write("copy", self.expected["large"], self.copy("large", "copy"))
        for size in (100, LARGE):
            with contextlib.suppress(StorageFull):
                await self._upload(f"up-{size}", data_of(size, seed))
        await self.try_write("gone", None, self.delete("gone"))

    async def _upload(self, key: str, data: bytes) -> None:
        upload = (await self.store.uploads.begin(self.bucket, key, Attributes())).id
        content = await self.store.objects.receive(chunks(data), size_max=GIB)
        await self.store.uploads.put_part(self.bucket, key, upload, 1, content)
        await self.store.uploads.complete(self.bucket, key, upload, None)
        self.expected[key] = data

    async def check(self) -> None:
        audit(self.store, self.folder)
        for key, data in self.expected.items():
            assert await self.read(key) == data, f"{key} is torn"

    async def run(self) -> None:
        await self.store.buckets.create("b", "1")
        for turn, left in enumerate(LEFT_BYTES):
            for key, size in (("old", 50), ("log", LARGE), ("large", LARGE), ("gone", LARGE)):
                await self.delete(key)
                self.expected[key] = data_of(size, turn)
                await (self.append if key == "log" else self.put)(key, data_of(size, turn))
            fill(self.filler, left)
            for _ in range(3):
                await self.try_everything(turn)
                await self.check()
            assert self.refused, f"with {left} bytes left nothing was refused"
            self.free()
            await self.try_everything(turn + 1)
            await self.check()
            refused, self.refused = self.refused, 0
            print(f"{left} bytes left: {refused} writes refused")
            await self._open_again()

    async def _open_again(self) -> None:
        self.store.close()
        self.store = self._open()
        await self.check()

    async def fill_up_and_empty(self) -> None:
        """Fill the disk with objects, then make room by deleting them."""
        for size in (20_000, 150_000):
            number = 0
            while await self.try_write(
                f"k{number}", data_of(size, number), self.put(f"k{number}", data_of(size, number))
            ):
                number += 1
            await self.check()
            fill(self.filler, 0)
            await self._open_again()
            for gone in range(number):
                assert await self.try_write(f"k{gone}", None, self.delete(f"k{gone}")), "no room to delete"
            self.free()
            await self.store.sweep()
            await self.check()
            print(f"{number} objects of {size} bytes filled the disk and were deleted")


async def main(disk: Path) -> None:
    """Everything, on the disk that is mounted there."""
    full = FullDisk(disk)
    await full.run()
    await full.fill_up_and_empty()
    full.store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
