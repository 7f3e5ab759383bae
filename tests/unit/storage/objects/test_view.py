"""The store as another process reads it, while it is written here."""

import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path

from tests.unit.storage.objects.shelf import Shelf
from yunbox.storage.objects.index import Change
from yunbox.storage.objects.model import NORMAL, Bucket, ObjectRecord
from yunbox.storage.objects.versions import Versions
from yunbox.storage.objects.view import ObjectView

KEYS, BATCH = 40_000, 4_000
GROWN_BYTES = 12 * 1024 * 1024
"""More than LMDB maps for a reader that does not say how much it wants."""


def watch(folder: Path, bucket: str, asked: Connection) -> None:
    """Open the store, and answer how many keys are there whenever asked."""
    view = ObjectView(folder)
    asked.send(sum(1 for _ in view.objects(bucket, "")))
    while asked.recv():
        asked.send(sum(1 for _ in view.objects(bucket, "")))


def fill(change: Change, bucket: Bucket, record: ObjectRecord, first: int) -> None:
    for number in range(first, first + BATCH):
        Versions(change, bucket).put(f"{number:06}/{'x' * 250}", record)


def test_a_reader_sees_an_index_that_grows_far_beyond_what_it_was(shelf: Shelf) -> None:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    reader = context.Process(target=watch, args=(shelf.folder, shelf.bucket.name, there))
    reader.start()
    try:
        assert here.poll(60)
        assert here.recv() == 0
        record = ObjectRecord(NORMAL, 0, 1, "D41D8CD98F00B204E9800998ECF8427E")
        for first in range(0, KEYS, BATCH):
            shelf.store._index.write_sync(lambda change, _, first=first: fill(change, shelf.bucket, record, first))
        assert (shelf.folder / "index" / "data.mdb").stat().st_size > GROWN_BYTES
        here.send(True)
        assert here.poll(60)
        assert here.recv() == KEYS
        here.send(False)
    finally:
        reader.join(10)
        reader.kill()
