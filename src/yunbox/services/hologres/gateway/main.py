"""Where a gateway process begins: ``python -m yunbox.services.hologres.gateway.main CONFIG LISTENER CHANNEL``.

The last two are the numbers of sockets that it was given. It ends with the server, however that ends.
"""

import asyncio
import gc
import logging
import resource
import socket
import sys
import time
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import uvloop

from yunbox.identity.store import IdentityStore
from yunbox.kernel.clock import SystemClock
from yunbox.kernel.errors import StorageFull
from yunbox.kernel.periodic import Periodic
from yunbox.kernel.supervise import die_with_parent
from yunbox.services.hologres.definitions import runs
from yunbox.services.hologres.engines.live import Live
from yunbox.services.hologres.engines.planner import HologresPlanner
from yunbox.services.hologres.engines.remote import Link, Remote
from yunbox.services.hologres.foreign.objects import Objects
from yunbox.services.hologres.foreign.source import Source
from yunbox.services.hologres.gateway.accounts import accounts_of
from yunbox.services.hologres.gateway.activity import shown
from yunbox.services.hologres.gateway.background import BackgroundWorkers
from yunbox.services.hologres.gateway.collecting import collect
from yunbox.services.hologres.gateway.config import GatewayConfig
from yunbox.services.hologres.gateway.databases import Databases
from yunbox.services.hologres.gateway.peers import Peers
from yunbox.services.hologres.gateway.process import Gateway, serve
from yunbox.services.hologres.gateway.settling import settled
from yunbox.services.hologres.tables.engine import Tables
from yunbox.spine.channel import Channel
from yunbox.storage.database import Database
from yunbox.storage.rows import aging, staging
from yunbox.storage.rows.catalogue import Catalogue, sweep
from yunbox.storage.rows.databases import DatabaseGone
from yunbox.storage.rows.expiry import expire, is_expired
from yunbox.storage.rows.rebuilds import DOING, rebuilds
from yunbox.storage.rows.store import RowStore

_LOG = logging.getLogger("yunbox")
_REFRESH_EVERY_S = 2.0
_SWEEP_EVERY_S = 5.0
_EXPIRE_EVERY_S = 10.0
_SWEPT_ROWS = 1000
_FILES_SPARE = 100
"""Of the process's own, beside one for each client."""


def raise_file_limit(wanted: int) -> int:
    """Have the process open so many files, if the machine lets it; returns how many it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        return most
    return wanted if soft == resource.RLIM_INFINITY else soft


async def _run(config: GatewayConfig, listener: socket.socket, channel: socket.socket) -> None:
    listener.setblocking(False)
    channel.setblocking(False)
    peers = Peers(config.scratch, config.index, config.count)
    objects = Objects(config.folder / "oss")
    with (
        closing(RowStore(config.rows)) as store,
        closing(Database(config.database)) as database,
        closing(Link(config.scratch)) as link,
    ):
        store.forget_readers()
        identities = IdentityStore(database, SystemClock())
        accounts = accounts_of(identities, config.account_id)
        await settled(store, config.account_id, accounts.shown(config.account_id), config.databases)
        with suppress(StorageFull):  # what was due while nobody was there; nobody is kept from reading
            for one in store.databases():
                await _ran_over_partitions(one)
        live, source, background = _live(store, peers), Source(config.database), BackgroundWorkers()

        def made(of: RowStore) -> Tables:
            return Tables(of, Remote(HologresPlanner(of), link, objects, live), source, background, accounts)

        databases = Databases(store, made)
        server = await Channel.over(channel)
        days = config.rows.with_name("days") if config.index == 0 else None
        with closing(Gateway(config, server, databases, peers, background)) as gateway:
            with suppress(StorageFull):
                await _rebuilt_further(store, databases)
            async with (
                Periodic(_LOG, _SWEEP_EVERY_S, partial(_swept, store, days)),
                Periodic(_LOG, _REFRESH_EVERY_S, partial(_refreshed, store, databases)),
                Periodic(_LOG, _EXPIRE_EVERY_S, *([partial(_expired, store, databases)] if days is not None else [])),
            ):
                await serve(gateway, listener, server, peers)


async def _refreshed(store: RowStore, databases: Databases) -> None:
    """Begin the refreshes of dynamic tables that are due."""
    for one in store.databases():
        with suppress(DatabaseGone):
            with one.reading() as view:
                known = one.catalogue(view)
            engine = databases.engine(known.database) if known.dynamic else None
            if isinstance(engine, Tables):
                await engine.refreshes.look()


async def _expired(store: RowStore, databases: Databases) -> None:
    """Remove the rows of logical partitions whose time is over."""
    for one in store.databases():
        with suppress(DatabaseGone):
            with one.reading() as view:
                known = one.catalogue(view)
            is_any = any(found.logical is not None for found in known.relations.values())
            engine = databases.engine(known.database) if is_any else None
            if isinstance(engine, Tables):
                await engine.expiring.look()


async def _rebuilt_further(store: RowStore, databases: Databases) -> None:
    """Go on with the rebuilds of tables that processes have died with."""
    for one in store.databases():
        with one.reading() as view:
            known = one.catalogue(view)
            is_left = any(found.state == DOING for found in rebuilds(view))
        engine = databases.engine(known.database) if is_left else None
        if isinstance(engine, Tables):
            await engine.rebuilds.take_over()


def _live(store: RowStore, peers: Peers) -> Live:
    """What this gateway knows of the moment."""

    def known() -> Catalogue:
        with store.reading() as view:
            return store.catalogue(view)

    return Live(peers.rows, shown, known)


async def _swept(store: RowStore, days: Path | None) -> None:
    """Remove, bit by bit, what was dropped and truncated, what the logs of changes have kept for long enough, and rows
    whose time is over; make and drop the partitions that come and go by themselves.

    Nobody waits where there is nothing of it. What tables are is collected once a day, by who has a folder of ``days``.
    """
    if days is not None:
        await collect(store, days)
    for one in store.databases():
        with suppress(DatabaseGone):
            await _aged(one)
    with store.reading() as view:
        forsaken = staging.forsaken(view, store.holding)
    if forsaken:
        await store.write(lambda change: staging.discard(change, forsaken))
    with store.reading() as view:
        is_trash = next(view.prefixed("trash", b""), None) is not None
    while is_trash and await store.write(lambda change: sweep(change, _SWEPT_ROWS)) == _SWEPT_ROWS:
        pass


async def _aged(store: RowStore) -> None:
    """The same for one database, but for what was dropped."""
    now_us = time.time_ns() // 1000
    with store.reading() as view:
        known = store.catalogue(view)
        old = [one for one in known.logging if is_expired(view, one, now_us)]
        aged = [one.oid for one in known.aging if not one.is_read_only and aging.is_due(view, one, now_us)]
    for oid in aged:
        while await store.write(lambda change, of=oid: aging.remove(change, of, now_us)):
            pass
    await _ran_over_partitions(store)
    for one in old:
        while await store.write(lambda change, of=one: expire(change, of, now_us)):
            pass


async def _ran_over_partitions(store: RowStore) -> None:
    """Make, cool and drop the partitions that come and go by themselves, as far as that is due."""
    now_us = time.time_ns() // 1000
    with store.reading() as view:
        known = store.catalogue(view)
    for oid in runs.due(known, now_us):
        await store.write(lambda change, of=oid: runs.run(change, of, now_us))


def main(argument: str, listener: str, channel: str) -> None:
    """Serve clients until the server says that it is enough, or is gone."""
    config = GatewayConfig.read(argument)
    die_with_parent(config.parent)
    raise_file_limit(2 * config.connections_max + _FILES_SPARE)
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(config, socket.socket(fileno=int(listener)), socket.socket(fileno=int(channel))))


if __name__ == "__main__":
    main(*sys.argv[1:])
