"""Kill a process that writes to an object store again and again, and look whether anything was lost or torn.

`python tests/faults/objects_crash.py --cycles 1000` runs as long as you like; the suite runs 30 cycles.
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by its path, this file has no package around it

from tests.faults.objects_audit import audit
from yunbox.kernel.clock import SystemClock
from yunbox.storage.objects import packs
from yunbox.storage.objects.listing import Query
from yunbox.storage.objects.model import Bucket
from yunbox.storage.objects.objects import Addition, Attributes
from yunbox.storage.objects.reading import Source
from yunbox.storage.objects.retention import FileImmutable, initiated
from yunbox.storage.objects.store import ObjectStore

BUCKETS = ("plain", "versioned")
KEPT = "kept"
"""A bucket with a retention policy: what is in it neither goes nor changes, kill or no kill."""
LANES = 8
KEYS = 3
KILL_AFTER_S = (0.0, 0.25)
KILL_WHILE_STARTING = 0.15
LONG = "k" * 500
GIB = 1 << 30


def data_of(seed: int, size: int) -> bytes:
    """The bytes of a write, known from its number."""
    return hashlib.shake_128(seed.to_bytes(8, "big")).digest(size)


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 50_000):
        yield data[start : start + 50_000]


def open_store(folder: Path) -> ObjectStore:
    packs.PACK_BYTES_MAX = 1 << 20  # so that packs are cleared in the little time there is
    store = ObjectStore(folder, SystemClock())
    store.start()
    return store


# -- the process that is killed


class Writer:
    """Writes in several lanes, each with keys of its own, and says before and after each write what it is."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.store = open_store(folder)
        self.folder = folder.parent
        self.random = random.Random(seed)
        self.number = seed << 20

    async def run(self) -> None:
        for name in BUCKETS:
            await self.store.buckets.create(name, "1")
        await self.store.buckets.update("versioned", versioning="Enabled")
        kept = await self.store.buckets.create(KEPT, "1")
        if kept.worm is None:
            await self.store.buckets.amend(KEPT, initiated(1))
        say({"ready": True})
        await asyncio.gather(self._reclaim(), *(self._lane(lane) for lane in range(LANES)))

    async def _reclaim(self) -> None:
        while True:
            await self.store.sweep()
            await asyncio.to_thread(self.store.upkeep.reclaim)

    async def _lane(self, lane: int) -> None:
        works = [
            self._put, self._put, self._large, self._delete, self._append, self._upload, self._copy, self._trim,
            self._rename, self._publish, self._retain,
        ]  # fmt: skip
        while True:
            bucket = self.store.buckets.get(self.random.choice(BUCKETS))
            key = f"{LONG if lane % 2 else ''}{lane}-{self.random.randrange(KEYS)}"
            await self.random.choice(works)(bucket, key)

    async def _say(self, bucket: Bucket, key: str, digest: str | None, write: Coroutine[Any, Any, object]) -> None:
        """``digest`` is that of the bytes the key has afterwards, None for no object."""
        say({"bucket": bucket.name, "key": key, "try": digest})
        await write
        say({"bucket": bucket.name, "key": key, "done": digest})

    async def _put(self, bucket: Bucket, key: str, most: int = 60_000) -> None:
        self.number += 1
        data = data_of(self.number, self.random.randrange(most))
        await self._say(bucket, key, digest_of(data), self._store(bucket, key, data))

    async def _store(self, bucket: Bucket, key: str, data: bytes) -> None:
        content = await self.store.objects.receive(chunks(data), size_max=GIB)
        await self.store.objects.put(bucket, key, content, Attributes())

    async def _large(self, bucket: Bucket, key: str) -> None:
        await self._put(bucket, key, 400_000)

    async def _delete(self, bucket: Bucket, key: str) -> None:
        await self._say(bucket, key, None, self.store.objects.delete(bucket, key, "1"))

    async def _trim(self, bucket: Bucket, key: str) -> None:
        """Delete old versions for good."""
        page = await self.store.listing.versions(bucket, Query(key, limit=1000))
        ids = [entry.id for entry in page.entries if entry.key == key]
        if len(ids) < 4:
            return
        data = await read(self.store, bucket, key)
        for wanted in ids[2:]:
            write = self.store.objects.delete(bucket, key, "1", wanted)
            await self._say(bucket, key, digest_of(data) if data is not None else None, write)

    async def _append(self, bucket: Bucket, key: str) -> None:
        key = f"log-{key}"
        old = await read(self.store, bucket, key) or b""
        self.number += 1
        data = data_of(self.number, self.random.randrange(90_000))
        write = self.store.objects.append(bucket, key, Addition(len(old), chunks(data), Attributes(), GIB))
        await self._say(bucket, key, digest_of(old + data), write)

    async def _upload(self, bucket: Bucket, key: str) -> None:
        self.number += 1
        pieces = [data_of(self.number, 150_000), data_of(self.number, 1000)]
        upload = await self.store.uploads.begin(bucket, key, Attributes())
        for number, data in enumerate(pieces, 1):
            content = await self.store.objects.receive(chunks(data), size_max=GIB)
            await self.store.uploads.put_part(bucket, key, upload.id, number, content)
        if self.random.random() < 0.3:
            await self.store.uploads.abort(bucket, key, upload.id)
            return
        write = self.store.uploads.complete(bucket, key, upload.id, None)
        await self._say(bucket, key, digest_of(b"".join(pieces)), write)

    async def _copy(self, bucket: Bucket, key: str) -> None:
        data = await read(self.store, bucket, key)
        if data is None:
            return
        record, source = self.store.objects.open(bucket, key)
        with contextlib.closing(source):
            target = f"copy-{key}"
            write = self.store.objects.copy(source, bucket, target, record)
            await self._say(bucket, target, digest_of(data), write)

    async def _rename(self, bucket: Bucket, key: str) -> None:
        data, target = await read(self.store, bucket, key), f"moved-{key}"
        if data is None or bucket.versioning:
            return
        if await read(self.store, bucket, target) is not None:
            await self._delete(bucket, target)
        await self._say_both(bucket, key, target, data, self.store.objects.rename(bucket, key, target))

    async def _publish(self, bucket: Bucket, key: str) -> None:
        """What compaction does: a file becomes an object in the place of another."""
        self.number += 1
        data = data_of(self.number, self.random.randrange(1, 300_000))
        path = self.folder / f"made-{self.number}"
        path.write_bytes(data)
        target = f"made-{key}"
        write = self.store.objects.publish(bucket, [(target, path)], {key: None}, Attributes())
        await self._say_both(bucket, key, target, data, write)
        path.unlink()

    async def _retain(self, _: Bucket, key: str) -> None:
        """An object that a policy keeps, and what is refused next to writes that are not."""
        bucket = self.store.buckets.get(KEPT)
        self.number += 1
        key = f"{key}-{self.number}"
        await self._put(bucket, key)
        attempts = [
            lambda: self.store.objects.delete(bucket, key, "1"),
            lambda: self._store(bucket, key, b"other"),
            lambda: self._store(bucket, key, b"other" * 30_000),
            lambda: self.store.objects.rename(bucket, key, f"{key}-moved"),
        ]
        with contextlib.suppress(FileImmutable):
            await self.random.choice(attempts)()
            raise AssertionError("what a policy keeps has changed")

    async def _say_both(
        self, bucket: Bucket, gone: str, made: str, data: bytes, write: Coroutine[Any, Any, object]
    ) -> None:
        """Two keys change at one moment."""
        say({"bucket": bucket.name, "key": gone, "try": None})
        await self._say(bucket, made, digest_of(data), write)
        say({"bucket": bucket.name, "key": gone, "done": None})


def say(event: dict[str, Any]) -> None:
    os.write(1, json.dumps(event).encode() + b"\n")


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def read(store: ObjectStore, bucket: Bucket, key: str) -> bytes | None:
    if store.objects.find(bucket, key) is None:
        return None
    record, source = store.objects.open(bucket, key)
    return await whole(source, record.size)


async def whole(source: Source, size: int) -> bytes:
    with contextlib.closing(source):
        return b"".join([piece async for piece in source.pieces(0, size)])


# -- the one that kills and looks


class Crasher:
    """Runs cycles of: start the writer, kill it, open the store and check."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.seed = seed
        self.random = random.Random(seed)
        self.known: dict[tuple[str, str], str | None] = {}
        self.tried: dict[tuple[str, str], str | None] = {}
        self.acknowledged = 0

    def run(self, cycles: int) -> None:
        """Run the cycles; raises AssertionError at the first thing lost or torn."""
        for cycle in range(cycles):
            self._write_until_killed(self.seed + cycle)
            self.check()

    def _write_until_killed(self, seed: int) -> None:
        command = [sys.executable, __file__, "--write", str(self.folder), "--seed", str(seed)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            if self.random.random() > KILL_WHILE_STARTING:
                self._note(json.loads(process.stdout.readline() or b'{"ended": true}'))
            killer = threading.Thread(target=self._kill, args=(process, self.random.uniform(*KILL_AFTER_S)))
            killer.start()
            for line in process.stdout:
                if line.endswith(b"\n"):
                    self._note(json.loads(line))
            killer.join()
            assert process.wait() == -signal.SIGKILL, process.stderr.read().decode()

    @staticmethod
    def _kill(process: "subprocess.Popen[bytes]", after_s: float) -> None:
        time.sleep(after_s)
        process.kill()

    def _note(self, event: dict[str, Any]) -> None:
        if "bucket" not in event:
            return
        place = event["bucket"], event["key"]
        if "try" in event:
            self.tried[place] = event["try"]
        else:
            self.known[place] = event["done"]
            self.tried.pop(place)
            self.acknowledged += 1

    def check(self) -> None:
        """Everything acknowledged is there bit for bit; what was under way is there whole or not at all."""
        store = open_store(self.folder)
        try:
            audit(store, self.folder)
            asyncio.run(self._check_objects(store))
            self._give_up_uploads(store)
        finally:
            store.close()

    async def _check_objects(self, store: ObjectStore) -> None:
        for name in (*BUCKETS, KEPT):
            bucket = store.buckets.find(name)
            if bucket is None:
                assert not any(of == name for of, _ in self.known)
                continue
            listed = set(await store.listing.keys(bucket))
            known = {key: digest for (of, key), digest in self.known.items() if of == name}
            tried = {key: digest for (of, key), digest in self.tried.items() if of == name}
            assert listed <= set(known) | set(tried), "an object from nowhere"
            for key in set(known) | set(tried):
                data = await read(store, bucket, key)
                digest = digest_of(data) if data is not None else None
                assert (key in listed) == (data is not None)
                assert digest in {known.get(key), tried.get(key, known.get(key))}, f"{name}/{key} is lost or torn"
                self.known[name, key] = digest
        self.tried.clear()

    def _give_up_uploads(self, store: ObjectStore) -> None:
        """Uploads under way survive; they would pile up, so some are given up."""
        for name in BUCKETS:
            bucket = store.buckets.find(name)
            for upload in store.uploads.under_way(bucket)[:4] if bucket else ():
                asyncio.run(store.uploads.abort(bucket, upload.key, upload.id))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Kill a process that writes to an object store, again and again.")
    parser.add_argument("--cycles", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.write:
        asyncio.run(Writer(args.write, args.seed).run())
    print(f"{args.cycles} cycles, seed {args.seed}")
    with tempfile.TemporaryDirectory() as folder:
        crasher = Crasher(Path(folder) / "oss", args.seed)
        crasher.run(args.cycles)
    print(f"ok: {crasher.acknowledged} writes acknowledged, none lost or torn")


if __name__ == "__main__":
    main()
