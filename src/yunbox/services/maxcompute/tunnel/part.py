"""The tunnel put together: what its operations run on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from yunbox.engine.duck.pool import WorkerPool
from yunbox.kernel.clock import Clock
from yunbox.services.maxcompute.catalogue.commits import Commit
from yunbox.services.maxcompute.sql.instances import Instance
from yunbox.services.maxcompute.tunnel.commit import UploadCommits
from yunbox.services.maxcompute.tunnel.download import Downloads
from yunbox.services.maxcompute.tunnel.ingest import Ingest
from yunbox.services.maxcompute.tunnel.preview import Previews
from yunbox.services.maxcompute.tunnel.sessions import Sessions
from yunbox.services.maxcompute.tunnel.slots import Slots
from yunbox.services.maxcompute.tunnel.streams import Streams
from yunbox.services.maxcompute.tunnel.upload import Uploads
from yunbox.storage.database import Database
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.snapshots import Snapshots


@dataclass(frozen=True)
class Tunnel:
    """What every operation of the tunnel gets as its first argument. ``instance`` finds one by project and id."""

    catalogue: Catalogue
    sessions: Sessions
    uploads: Uploads
    commits: UploadCommits
    downloads: Downloads
    streams: Streams
    previews: Previews
    instance: Callable[[str, str], Instance]
    address: str


def build_tunnel(
    *,
    folder: Path,
    scratch: Path,
    database: Database,
    clock: Clock,
    catalogue: Catalogue,
    snapshots: Snapshots,
    commit: Commit,
    pool: WorkerPool,
    instance: Callable[[str, str], Instance],
    result: Callable[[Instance], Path | None],
    address: str,
) -> Tunnel:
    """The tunnel, with the blocks of its sessions in ``folder``."""
    folder.mkdir(exist_ok=True)
    sessions, slots = Sessions(database, clock), Slots(pool)
    ingest = Ingest(pool, slots, scratch)
    downloads = Downloads(catalogue, snapshots, sessions, slots, instance, result)
    return Tunnel(
        catalogue=catalogue,
        sessions=sessions,
        uploads=Uploads(catalogue, sessions, ingest, folder),
        commits=UploadCommits(catalogue, snapshots, sessions, commit, pool, folder),
        downloads=downloads,
        streams=Streams(catalogue, sessions, ingest, commit, pool, folder, clock),
        previews=Previews(catalogue, snapshots, pool, downloads.pump),
        instance=instance,
        address=address,
    )
