"""MaxCompute put together: its stores, its workers, and what its operations share."""

import asyncio
import logging
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from yunbox.engine.duck.messages import Checkpoint, ExportResult
from yunbox.engine.duck.pool import WorkerPool
from yunbox.guard.authorise import Authoriser
from yunbox.identity.identify import Identity
from yunbox.identity.store import IdentityStore
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import NotFound
from yunbox.kernel.limits import RESULT_CSV_ROWS_MAX
from yunbox.meter.ledger import Ledger
from yunbox.meter.prices import PriceBook
from yunbox.schema.tables import PartitionValues, TableName
from yunbox.services.maxcompute.functions.store import Functions
from yunbox.services.maxcompute.resources.store import Resources
from yunbox.services.maxcompute.security.grants import Grants
from yunbox.services.maxcompute.security.owners import Owners
from yunbox.services.maxcompute.security.run import Security
from yunbox.services.maxcompute.sql.admission import Admission
from yunbox.services.maxcompute.sql.instances import Instance, InstanceStore
from yunbox.services.maxcompute.sql.jobs import SqlJobs
from yunbox.services.maxcompute.tunnel.download import Downloads
from yunbox.services.maxcompute.tunnel.ingest import Ingest
from yunbox.services.maxcompute.tunnel.preview import Previews
from yunbox.services.maxcompute.tunnel.sessions import Sessions
from yunbox.services.maxcompute.tunnel.slots import Slots
from yunbox.services.maxcompute.tunnel.streams import Streams
from yunbox.services.maxcompute.tunnel.upload import Uploads
from yunbox.spine.path import Spine
from yunbox.storage.database import Database
from yunbox.storage.files import inside, sync_folder
from yunbox.storage.objects.backends import Backends
from yunbox.storage.objects.store import ObjectStore
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.model import DataFile, StoredTable, partition_folder
from yunbox.storage.tables.snapshots import Change, Snapshots

if TYPE_CHECKING:
    from yunbox.services.maxcompute.catalogue.tables import Head

_CHECKPOINT_EVERY = 20
_SYNC_WAIT_S = 0.25


class MaxCompute:
    """The service that every operation gets as its first argument."""

    def __init__(
        self,
        *,
        folder: Path,
        database: Database,
        clock: Clock,
        spine: Spine,
        identity: Identity,
        identity_store: IdentityStore,
        authoriser: Authoriser,
        admission: Admission,
        ledger: Ledger,
        prices: PriceBook,
        catalogue: Catalogue,
        snapshots: Snapshots,
        objects: ObjectStore,
        backends: Backends,
        pool: WorkerPool,
        tunnel_pool: WorkerPool,
        address: str,
        account_id: str,
        project: str,
        region: str,
    ) -> None:
        self.log = logging.getLogger("yunbox.maxcompute")
        self.folder = folder
        self.database = database
        self.clock = clock
        self.spine = spine
        self.identity = identity
        self.authoriser = authoriser
        self.admission = admission
        self.ledger = ledger
        self.prices = prices
        self.catalogue = catalogue
        self.snapshots = snapshots
        self.objects = objects
        self.backends = backends
        self.pool = pool
        self.tunnel_pool = tunnel_pool
        self.address = address
        self.account_id = account_id
        self.project = project
        self.region = region
        self.account_created = clock.time()
        self.identity_store = identity_store
        self.instances = InstanceStore(database, ledger, clock)
        self.functions = Functions(database, clock)
        self.grants = Grants(database, clock)
        authoriser.add_source(self.grants.statements)
        authoriser.add_source(Owners(self).statements)
        self.security = Security(self)
        self.resources = Resources(database, clock, folder / "resources")
        self.results = folder / "results"
        self.results.mkdir(exist_ok=True)
        self.jobs = SqlJobs(self, self.results, sync_wait_s=_SYNC_WAIT_S)
        self.sessions = Sessions(database, clock)
        self.slots = Slots(tunnel_pool)
        self.ingest = Ingest(tunnel_pool, self.slots, scratch=folder / "tmp")
        self.uploads = Uploads(self, folder / "uploads")
        self.downloads = Downloads(self)
        self.streams = Streams(self)
        self.previews = Previews(self)
        self._checkpoints: dict[int, int] = {}

    def account_name(self, account_id: str) -> str:
        """The display name of an account."""
        return self.identity_store.account_name(account_id)

    def new_location(self, name: TableName) -> Path:
        """The folder of a table to be created: readable, and never one that was used before."""
        base = inside(self.catalogue.lake, name.project, name.schema, name.name)
        return base if not base.exists() else base.with_name(f"{name.name}.{uuid.uuid4().hex[:8]}")

    async def preview_csv(self, head: "Head") -> str:
        """The first rows of a table as CSV."""
        return await self.previews.csv(head.name, head.spec, head.columns, head.rows)

    async def commit(self, stored: StoredTable, change: Change) -> None:
        """Commit a change to a table, and write a checkpoint of its log now and then."""
        await self.snapshots.commit(stored.id, change)
        current = self.catalogue.by_id(stored.id)
        if current is None or current.version - self._checkpoints.get(stored.id, 0) < _CHECKPOINT_EVERY:
            return
        self._checkpoints[stored.id] = current.version
        async with self.tunnel_pool.lease() as worker:
            await worker.call(Checkpoint(Path(stored.location)))

    async def result_csv(self, instance: Instance) -> str:
        """The first rows of a large result as CSV. Raises NotFound when the result has passed its age."""
        outcome, path = instance.outcome, Path(instance.outcome.file)
        if not await asyncio.to_thread(path.exists):
            raise NotFound(f"The result of instance {instance.id} is gone: results are kept for 24 hours")
        request = ExportResult(
            outcome.columns, path, outcome.batches, 0, RESULT_CSV_ROWS_MAX, "csv", timezone=outcome.timezone
        )
        async with self.tunnel_pool.lease() as worker:
            return b"".join([chunk async for chunk in worker.stream(request)]).decode()

    async def relink(self, stored: StoredTable, file: DataFile, partition: PartitionValues) -> DataFile:
        """The same rows under another partition: a hard link, since the values are only in the folder's name."""
        root = Path(stored.location)
        name = f"part-{uuid.uuid4()}.parquet"
        path = f"{partition_folder(stored.table, partition)}/{name}"
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        os.utime(root / file.path)  # what is older than the server is taken for an orphan of an earlier one
        target.hardlink_to(root / file.path)
        sync_folder(target.parent)
        return DataFile(path, partition, file.size_bytes, file.rows, file.columns)
