"""External tables whose bucket is mounted from elsewhere.

Workers read the store on this disk themselves, but know no remote. So the server lists such locations once the caller
is known to have the right to the table, plans again with what is there (the guard then sees the true price), and
fetches the objects through the mount's caches before the statement runs. Files are written one by one, as the remote
has no transactions.
"""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from yunbox.engine.duck.messages import Listings, RemoteObject, StageObjects
from yunbox.kernel.call import Call
from yunbox.kernel.errors import InvalidArgument
from yunbox.services.maxcompute.sql.instances import Outcome
from yunbox.services.maxcompute.sql.statement import Statement
from yunbox.services.maxcompute.sql.warehouse import Warehouse
from yunbox.storage.files import translate
from yunbox.storage.objects.listing import Query
from yunbox.storage.objects.model import Bucket, ObjectRecord
from yunbox.storage.objects.objects import Attributes, NoSuchKey
from yunbox.storage.objects.ports import UNKNOWN_SUM, Bytes, Stale

_OBJECTS_MAX = 100_000
_PAGE = 1000
_AT_ONCE = 8

Run = Callable[[Warehouse, Call[Statement]], Awaitable[Outcome]]
Admit = Callable[[Warehouse, Call[Statement]], None]


def listed(run: Run, admit: Admit | None) -> Run:
    """Run with a plan that knows the objects of mounted buckets; ``admit`` then judges what that costs."""

    async def listing(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
        if call.params.planned.unlisted:
            call.params = await _planned(warehouse, call.params)
            if admit is not None:
                admit(warehouse, call)
        return await run(warehouse, call)

    return listing


def staged(run: Run, admit: Admit | None) -> Run:
    """Run with the objects of mounted buckets at hand."""

    async def staging(warehouse: Warehouse, call: Call[Statement]) -> Outcome:
        if not call.params.planned.remote:
            return await run(warehouse, call)
        async with AsyncExitStack() as files:
            try:
                await files.enter_async_context(_fetched(warehouse, call))
            except Stale:  # the caches have forgotten what they knew of it
                call.params = await _planned(warehouse, call.params)
                if admit is not None:
                    admit(warehouse, call)
                await files.enter_async_context(_fetched(warehouse, call))
            return await run(warehouse, call)

    return listed(staging, admit)


async def _planned(warehouse: Warehouse, statement: Statement) -> Statement:
    """The plan with the listings that it needs; one that needs others, as a table got partitions, is made again."""
    listings: Listings = {}
    while True:
        planned = await warehouse.planner.plan(statement.worker, statement.text, statement.session, listings)
        if not planned.unlisted:
            return replace(statement, planned=planned)
        for bucket, prefix in planned.unlisted:
            listings[bucket, prefix] = await _listing(warehouse, bucket, prefix)


async def _listing(warehouse: Warehouse, name: str, prefix: str) -> tuple[tuple[str, ObjectRecord], ...]:
    bucket = warehouse.objects.buckets.get(name)
    backend = warehouse.backends.of(bucket)
    found: list[tuple[str, ObjectRecord]] = []
    query = Query(prefix, limit=_PAGE)
    while True:
        page = await backend.page(bucket, query)
        found += [
            (key, ObjectRecord(item.kind, item.size, item.modified_ms, item.etag, UNKNOWN_SUM))
            for key, item in page.entries
        ]
        if len(found) > _OBJECTS_MAX:
            raise InvalidArgument(
                f"More than {_OBJECTS_MAX:,} objects lie under oss://{name}/{prefix}, which is mounted from elsewhere: "
                "read fewer partitions, or copy them here and compact them"
            )
        if not page.truncated:
            return tuple(found)
        query = Query(prefix, after=page.last, limit=_PAGE)


@asynccontextmanager
async def _fetched(warehouse: Warehouse, call: Call[Statement]) -> AsyncGenerator[None]:
    """The objects of mounted buckets as files that the worker knows, gone afterwards."""
    folder = warehouse.scratch / f"elsewhere-{call.request_id}"
    folder.mkdir(parents=True, mode=0o700)
    slots = asyncio.Semaphore(_AT_ONCE)
    wanted = call.params.planned.remote
    paths = {item.place: folder / f"{number}{item.suffix}" for number, item in enumerate(wanted)}
    tasks = [asyncio.create_task(_fetch(warehouse, item, paths[item.place], slots)) for item in wanted]
    try:
        await asyncio.gather(*tasks)
        await call.params.worker.call(StageObjects(paths))
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _fetch(warehouse: Warehouse, item: RemoteObject, path: Path, slots: asyncio.Semaphore) -> None:
    async with slots:
        record, source = await _open(warehouse, item)
        try:
            await source.ready(0, record.size)
            with path.open("wb") as out:
                async for piece in source.pieces(0, record.size):
                    await asyncio.to_thread(out.write, piece)
        except OSError as error:
            raise translate(error) from error
        finally:
            source.close()


async def _open(warehouse: Warehouse, item: RemoteObject) -> tuple[ObjectRecord, Bytes]:
    """An object as it was listed. Raises Stale when it is another now; what was remembered of it is forgotten then."""
    bucket = warehouse.objects.buckets.get(item.bucket)
    backend = warehouse.backends.remotes.backend(bucket)
    for _ in range(2):  # a HEAD that is remembered may be older than the listing
        with suppress(NoSuchKey):
            record, source = await backend.open(bucket, item.key)
            if record.etag == item.etag:
                return record, source
            source.close()
        backend.forget(item.key)
    raise Stale(f"The object {item.key!r} was changed at the remote meanwhile: run it again")


async def publish(
    warehouse: Warehouse, bucket: Bucket, named: Sequence[tuple[str, Path]], gone: Sequence[str], owner: str
) -> None:
    """Write files as objects, and only when all are there delete what else lies under the prefixes of ``gone``."""
    backend = warehouse.backends.of(bucket)
    old = [key for prefix in gone for key, _ in await _listing(warehouse, bucket.name, prefix)]
    for key, path in named:
        content = await warehouse.objects.objects.adopt(path)
        await backend.put(bucket, key, content, Attributes(owner=owner))
    written = {key for key, _ in named}
    left = [(key, None) for key in old if key not in written]
    for start in range(0, len(left), _PAGE):
        await backend.delete_many(bucket, left[start : start + _PAGE], owner)
