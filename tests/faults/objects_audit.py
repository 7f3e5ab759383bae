"""Count an object store anew, from its records alone, and compare with what it keeps: files, totals, sums."""

import contextlib
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from yunbox.kernel.errors import StorageFull
from yunbox.storage.objects.model import (
    Bucket,
    BucketStat,
    Extent,
    ObjectRecord,
    Part,
    Upload,
    combined,
    load,
    load_stat,
)
from yunbox.storage.objects.store import ObjectStore
from yunbox.storage.objects.upkeep import Damage

NODE = 8
_buckets = msgspec.msgpack.Decoder(Bucket)
_parts = msgspec.msgpack.Decoder(Part)
_uploads = msgspec.msgpack.Decoder(Upload)


def audit(store: ObjectStore, folder: Path) -> None:
    """Raises AssertionError at the first thing that does not agree. No one may be writing or reading meanwhile."""
    with contextlib.suppress(StorageFull):
        store._index.write_sync(lambda change, _: None)  # what the group before has let go is unlinked now
    with store._index.reading() as view:
        tables = {name: dict(view.prefixed(name, b"")) for name in view.tables._handles}
    buckets = [_buckets.decode(data) for data in tables["buckets"].values()]
    roots = _roots(buckets, tables["objects"])
    records = [(key, load(data)) for key, data in tables["objects"].items() if not _is_pointer(key)]
    history = [(key, load(data)) for key, data in tables["history"].items()]
    parts = [_parts.decode(data) for data in tables["parts"].values()]
    extents = [e for _, r in records + history for e in r.extents] + [e for p in parts for e in p.extents]
    _check_files(folder, tables, extents)
    _check_packs(store, tables, extents)
    _check_nodes(tables["objects"], roots)
    _check_stats(tables, buckets, roots, records, history)
    assert {key[:-9] for key, _ in history} <= set(tables["objects"]), "history without a present record"
    assert {key[:16] for key in tables["parts"]} <= {key[NODE:] for key in tables["uploads"]}, "parts of no upload"
    for key, record in records + history:
        assert sum(extent.length for extent in record.extents) == record.size, key
        assert combined(record.extents) == record.crc64, key
    assert not [found for found in store.upkeep.scrub() if isinstance(found, Damage)]


def _is_pointer(key: bytes) -> bool:
    return len(key) > NODE and key[-1] == 0


def _roots(buckets: list[Bucket], objects: dict[bytes, bytes]) -> dict[bytes, int]:
    """Every node, and the bucket that it is of."""
    roots = {bucket.node.to_bytes(NODE, "big"): bucket.node for bucket in buckets}
    pointers = {key: child for key, child in objects.items() if _is_pointer(key)}
    for _ in range(3):
        roots |= {child: roots[key[:NODE]] for key, child in pointers.items() if key[:NODE] in roots}
    return roots


def _check_files(folder: Path, tables: dict[str, dict[bytes, bytes]], extents: list[Extent]) -> None:
    named = {extent.file for extent in extents if not extent.packed}
    kept = {int.from_bytes(key, "big") for key in tables["files"]}
    there = {
        (int(path.parts[-3], 16) << 32) + int(path.name, 16) for path in folder.glob("data/*/*/*") if path.is_file()
    }
    assert kept == named, f"the table of files differs: {kept ^ named}"
    assert there == named, f"missing {named - there}, named by nobody {there - named}"


def _check_packs(store: ObjectStore, tables: dict[str, dict[bytes, bytes]], extents: list[Extent]) -> None:
    alive: Counter[int] = Counter()
    for extent in extents:
        if extent.packed:
            alive[extent.file] += extent.length
    kept = {int.from_bytes(key, "big"): int.from_bytes(value, "big") for key, value in tables["packs"].items()}
    assert {pack: count for pack, count in kept.items() if count} == dict(alive), "the counts of packs differ"
    assert set(alive) <= set(store._packs.numbers())


def _check_nodes(objects: dict[bytes, bytes], roots: dict[bytes, int]) -> None:
    nodes = {key[:NODE] for key in objects}
    assert nodes <= set(roots), "entries of a bucket or node that is gone"
    children = {child for key, child in objects.items() if _is_pointer(key)}
    assert children <= nodes, "an empty node was not pruned"


def _check_stats(
    tables: dict[str, dict[bytes, bytes]],
    buckets: list[Bucket],
    roots: dict[bytes, int],
    records: list[tuple[bytes, ObjectRecord]],
    history: list[tuple[bytes, ObjectRecord]],
) -> None:
    uploads = Counter(int.from_bytes(key[:NODE], "big") for key in tables["uploads"])
    for bucket in buckets:
        current = [record for key, record in records if roots[key[:NODE]] == bucket.node]
        old = [record for key, record in history if roots[key[:NODE]] == bucket.node]
        kept = load_stat(tables["stats"].get(bucket.node.to_bytes(NODE, "big")))
        assert _plain(kept) == _plain(_counted(current, old, uploads[bucket.node])), bucket.name
        parts = {name: size for name, size in kept.parts.items() if size}
        assert parts == _parts_by_class(tables, bucket.node.to_bytes(NODE, "big")), bucket.name


def _counted(current: list[ObjectRecord], old: list[ObjectRecord], uploads: int) -> BucketStat:
    stat = BucketStat(sum(not record.is_marker for record in current), 0, uploads, len(current) + len(old), {})
    for record in current + old:
        if not record.is_marker:
            size, objects = stat.by_class.get(record.storage_class, (0, 0))
            stat.by_class[record.storage_class] = (size + record.size, objects + 1)
            stat.bytes += record.size
    return stat


def _parts_by_class(tables: dict[str, dict[bytes, bytes]], node: bytes) -> dict[str, int]:
    found: Counter[str] = Counter()
    for key, data in tables["uploads"].items():
        if key[:NODE] == node:
            sizes = [_parts.decode(part).size for place, part in tables["parts"].items() if place[:16] == key[NODE:]]
            found[_uploads.decode(data).storage_class] += sum(sizes)
    return {name: size for name, size in found.items() if size}


def _plain(stat: BucketStat) -> Any:
    by_class = {name: tuple(pair) for name, pair in stat.by_class.items() if tuple(pair) != (0, 0)}
    return stat.objects, stat.bytes, stat.uploads, stat.versions, by_class
