"""The object store as another process sees it: a worker that reads objects where they lie, without a copy over HTTP."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import lmdb
import msgspec

from yunbox.kernel.errors import Unavailable
from yunbox.storage.objects.blobs import Blobs
from yunbox.storage.objects.buckets import find_bucket, local_bucket
from yunbox.storage.objects.index import Snapshot, index_tables, open_index
from yunbox.storage.objects.model import APPENDABLE, Bucket, ObjectRecord, load
from yunbox.storage.objects.packs import Packs
from yunbox.storage.objects.pins import Pins
from yunbox.storage.objects.reading import Source
from yunbox.storage.objects.versions import present


def all_buckets(folder: Path) -> list[Bucket]:
    """Every bucket of a store, whether a server has it open or not. Raises Unavailable."""
    try:
        env = open_index(folder / "index", readonly=True)
        try:
            table = env.open_db(b"buckets", create=False)
            with env.begin() as txn:
                return [msgspec.msgpack.decode(data, type=Bucket) for _, data in txn.cursor(db=table)]
        finally:
            env.close()
    except lmdb.NotFoundError:
        return []
    except lmdb.Error as error:
        raise Unavailable(str(error)) from None


@cache
def view_of(folder: Path) -> "ObjectView":
    """The view of a store that all parts of a process share: LMDB opens an index once."""
    return ObjectView(folder)


class ObjectView:
    """Reads a store that another process writes."""

    def __init__(self, folder: Path) -> None:
        self._env = open_index(folder / "index", readonly=True)
        self._tables = index_tables(self._env, create=False)
        self._packs = Packs(folder / "packs")
        self._blobs = Blobs(folder / "data")
        self._pins = Pins(lambda number: None)

    def bucket(self, name: str) -> Bucket:
        """A bucket, here or mounted from elsewhere. Raises NoSuchBucket."""
        with self._env.begin() as txn:
            return find_bucket(Snapshot(txn, self._tables), name)

    def objects(self, bucket: str, prefix: str) -> Iterator[tuple[str, ObjectRecord]]:
        """The present objects with a prefix, in order, all as of one moment. Raises NoSuchBucket."""
        raw = prefix.encode()
        with self._env.begin() as txn:
            view = Snapshot(txn, self._tables)
            for key, data in view.walk(local_bucket(find_bucket(view, bucket)).node, raw):
                if not key.startswith(raw):
                    return
                record = load(data)
                if not record.is_marker:
                    yield key.decode(), record

    def folders(self, bucket: str, prefix: str) -> list[str]:
        """The names of the folders right below a prefix, found without a look at what is in them."""
        raw = start = prefix.encode()
        found: list[str] = []
        with self._env.begin() as txn:
            view = Snapshot(txn, self._tables)
            node = local_bucket(find_bucket(view, bucket)).node
            while (entry := next(view.walk(node, start), None)) is not None and entry[0].startswith(raw):
                name, slash, _ = entry[0][len(raw) :].partition(b"/")
                start = raw + name + (b"0" if slash else b"\0")  # "0" comes right behind "/"
                if slash:
                    found.append(name.decode())
        return found

    def records(self, bucket: str, keys: Iterable[str]) -> list[tuple[str, ObjectRecord]]:
        """The present objects of some keys, as of one moment; those that are gone are left out."""
        found: list[tuple[str, ObjectRecord]] = []
        with self._env.begin() as txn:
            view = Snapshot(txn, self._tables)
            place = local_bucket(find_bucket(view, bucket))
            for key in keys:
                record = present(view, place, key)
                if record is not None and not record.is_marker:
                    found.append((key, record))
        return found

    def path(self, record: ObjectRecord) -> Path | None:
        """The one file that holds just the object's bytes, if there is one."""
        if len(record.extents) != 1 or record.extents[0].packed or record.kind == APPENDABLE:
            return None
        extent = record.extents[0]
        path = self._blobs.path(extent.file)
        return path if extent.offset == 0 and path.stat().st_size == extent.length else None

    def pieces(self, record: ObjectRecord, piece_bytes: int = 4 * 1024 * 1024) -> Iterator[bytes]:
        """The object's bytes in pieces."""
        source = Source(self._blobs, self._packs, self._pins, record.extents)
        for start in range(0, record.size, piece_bytes):
            yield source.read(start, min(piece_bytes, record.size - start))
