"""What every service is built on: identity, the spine, the ledger, and the stores that several services share.

A store is opened when the first service asks for it, so one that no service needs costs nothing; what was opened is
closed with the server, the last one first.
"""

import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from socket import socket as Socket  # noqa: N812 - a field has that name
from typing import TYPE_CHECKING, Any, Protocol

from yunbox.engine.duck.messages import WorkerConfig
from yunbox.engine.duck.pool import WorkerPool
from yunbox.guard.authorise import Authoriser
from yunbox.identity.directory.realm import Directory
from yunbox.identity.identify import Identity
from yunbox.identity.store import IdentityStore
from yunbox.kernel.call import Sign
from yunbox.kernel.clock import Clock
from yunbox.meter.audit import Audit
from yunbox.meter.journal import Journal
from yunbox.meter.ledger import Ledger
from yunbox.meter.tally import Tally
from yunbox.meter.usage import Meter
from yunbox.spine.path import Spine
from yunbox.spine.sessions import Sessions
from yunbox.storage.database import Database
from yunbox.storage.objects.backends import Backends
from yunbox.storage.objects.ports import Remotes
from yunbox.storage.objects.store import ObjectStore
from yunbox.wire.openapi.api import Api

if TYPE_CHECKING:
    from prometheus_client.core import Metric

DEFAULT_PROJECT = "yunbox"
REGION = "cn-local"
_MEMORY_SHARE = 0.6
_SPILL_BYTES_MAX = 64 * 1024**3
_WORKERS_MIN = 4  # so that two long statements do not keep the short ones waiting
_TUNNEL_WORKERS_MAX = 8
_TUNNEL_BYTES_MAX = 1024**3

Source = Callable[[], Iterable["Metric"]]
"""A part of the server that has something to tell. It is asked in the event loop, so it only looks at counters."""


@dataclass(frozen=True)
class Settings:
    """How to run. ``port_base`` 0 takes free ports; ``workers_max`` 0 takes one a core, and at least four.

    ``services`` are those to start, all of them if none is named; ``options`` are those that services declare.
    """

    data: Path
    port_base: int = 0
    project: str = DEFAULT_PROJECT
    region: str = REGION
    workers_max: int = 0
    worker_memory_bytes: int = 0
    services: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


class Mounted(Remotes, Protocol):
    """The buckets that lie in another store."""

    def collect(self) -> Iterable["Metric"]:
        """What their caches have done."""

    async def close(self) -> None:
        """Let the other stores go."""


@dataclass
class House:
    """One server's insides. ``sources`` tell the metrics; ``dialects`` are what its workers speak, by module;
    ``lends`` are the modules that judge reads of what services keep; ``schemes`` are the signatures that they take;
    ``http_ports`` those that are spoken to in plain HTTP;
    ``bound`` gives a listening socket on a port beside those of the endpoints, 0 is any that is free; ``apis`` are
    their parts of the vendor's OpenAPI, once all are built."""

    settings: Settings
    account_id: str
    clock: Clock
    database: Database
    store: IdentityStore
    ledger: Ledger
    tally: Tally
    journal: Journal
    audit: Audit
    address: Callable[[str], str]
    socket: Callable[[str], Socket]
    bound: Callable[[int], Socket]
    http_ports: Callable[[], frozenset[int]]
    dialects: Mapping[str, str]
    lends: Mapping[str, str]
    schemes: Mapping[str, Sign]
    mounted: Callable[["House"], Mounted]
    closing: AsyncExitStack
    sources: list[Source] = field(default_factory=list)
    starting: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    apis: list[Api] = field(default_factory=list)

    @cached_property
    def identity(self) -> Identity:
        """Who is calling."""
        return Identity(self.store, self.clock, self.schemes)

    @cached_property
    def authoriser(self) -> Authoriser:
        """What they may do."""
        return Authoriser(self.store, self.settings.region)

    @cached_property
    def directory(self) -> Directory:
        """The account's users, groups, roles and policies."""
        return Directory(self.store, self.account_id)

    @cached_property
    def meter(self) -> Meter:
        """What they use."""
        return Meter(self.ledger, self.tally, self.clock)

    @cached_property
    def spine(self) -> Spine:
        """The path of every call."""
        return Spine(self.identity, self.authoriser, self.meter, self.journal, self.clock)

    @cached_property
    def sessions(self) -> Sessions:
        """The path of statements within sessions."""
        return Sessions(self.identity, self.authoriser, self.meter, self.journal, self.clock)

    @property
    def folder(self) -> Path:
        """The data folder."""
        return self.settings.data

    @property
    def scratch(self) -> Path:
        """A folder that is emptied at each start."""
        return self.folder / "tmp"

    @property
    def lake(self) -> Path:
        """The folder of all tables."""
        return self.folder / "lake"

    @cached_property
    def objects(self) -> ObjectStore:
        """The objects of all buckets that lie here."""
        store = ObjectStore(self.folder / "oss", self.clock)
        store.start()
        self.closing.callback(store.close)
        return store

    @cached_property
    def backends(self) -> Backends:
        """Where the objects of each bucket lie: here, or in a store elsewhere."""
        mounted = self.mounted(self)
        self.closing.push_async_callback(mounted.close)
        self.sources.append(mounted.collect)
        return Backends(self.objects, mounted)

    @cached_property
    def pool(self) -> WorkerPool:
        """The workers that run statements."""
        made = self._pool(self._config, size_max=self._workers, warm=1)
        self.sources.append(made.collect)
        return made

    @cached_property
    def tunnel_pool(self) -> WorkerPool:
        """The workers that move bytes in and out."""
        config = replace(self._config, memory_bytes_max=min(self._config.memory_bytes_max, _TUNNEL_BYTES_MAX))
        return self._pool(replace(config, objects=None), size_max=_TUNNEL_WORKERS_MAX, warm=0)

    def _pool(self, config: WorkerConfig, *, size_max: int, warm: int) -> WorkerPool:
        made = WorkerPool(config, size_max=size_max, warm=warm)
        self.starting.append(made.start)
        self.closing.push_async_callback(made.close)
        return made

    @property
    def _workers(self) -> int:
        return self.settings.workers_max or max(_WORKERS_MIN, os.cpu_count() or 2)

    @cached_property
    def _config(self) -> WorkerConfig:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        objects = self.folder / "oss"
        return WorkerConfig(
            self.database.path,
            self.scratch,
            self.settings.worker_memory_bytes or int(memory * _MEMORY_SHARE / self._workers),
            _SPILL_BYTES_MAX,
            os.cpu_count() or 2,
            (self.lake, self.folder / "uploads", objects / "data", self.scratch),
            objects,
            dict(self.dialects),
        )
