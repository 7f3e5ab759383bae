"""A prefix spread over the hashed layout, ``md5(key)[:4]/key``, key by key and without moving a byte.

A run that was cut short is simply run again: what was renamed does not lie under the prefix any more, or is known by
its own hash. The way back needs no table: what follows the first slash is the old key, if its hash stands before it.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from yunbox.kernel.errors import AlreadyExists
from yunbox.services.oss.heat import hashed, unhashed
from yunbox.storage.objects.listing import Query
from yunbox.storage.objects.model import Bucket
from yunbox.storage.objects.objects import NoSuchKey
from yunbox.storage.objects.store import ObjectStore

_PAGE = 500


@dataclass
class Progress:
    """How far a run is: ``kept`` are folders' markers, and keys whose new name is taken."""

    renamed: int = 0
    kept: int = 0
    last: str = ""


async def rehash(store: ObjectStore, bucket: Bucket, prefix: str, *, back: bool) -> AsyncIterator[Progress]:
    """Rename the keys under a prefix into the layout, or those that were under it back; yields after each page."""
    done = Progress()
    after, more = "", True
    while more:
        page = await store.listing.page(bucket, Query("" if back else prefix, after=after, limit=_PAGE))
        pairs = [(key, new) for key, _ in page.entries if (new := _renamed(key, prefix, back=back)) is not None]
        outcomes = await asyncio.gather(*(_rename(store, bucket, key, new) for key, new in pairs))
        done.renamed += sum(outcomes)
        done.kept += len(outcomes) - sum(outcomes)
        after = done.last = page.last or after
        more = page.truncated
        yield done


def _renamed(key: str, prefix: str, *, back: bool) -> str | None:
    """The new name of a key, or None for one that has it already or is not meant."""
    old = unhashed(key)
    if back:
        return old if old is not None and old.startswith(prefix) else None
    return hashed(key) if old is None else None


async def _rename(store: ObjectStore, bucket: Bucket, key: str, new: str) -> bool:
    if key.endswith("/"):
        return False  # the marker of a folder, under which keys may lie
    try:
        return await store.objects.rename(bucket, key, new) > 0
    except (AlreadyExists, NoSuchKey):
        return False
