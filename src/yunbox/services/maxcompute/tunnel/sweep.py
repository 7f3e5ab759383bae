"""What the tunnel leaves behind and when it goes: sessions a day old, folders of sessions nobody knows."""

import asyncio
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from yunbox.services.maxcompute.tunnel.sessions import SESSION_AGE_S

if TYPE_CHECKING:
    from yunbox.services.maxcompute.service import MaxCompute


async def sweep_sessions(service: "MaxCompute", now: float) -> None:
    """Forget the sessions that are past their age, and remove folders without a session."""
    expired = [session.id for session in service.sessions.older_than(now - SESSION_AGE_S)]
    if expired:
        await service.sessions.delete(expired)
    await asyncio.to_thread(_remove_folders, service)


def _remove_folders(service: "MaxCompute") -> None:
    # The folders first: a session made after its row was looked for would lose its blocks otherwise.
    folders = list(service.uploads.folder.iterdir())
    known = service.sessions.known()
    for folder in folders:
        if folder.name not in known:
            shutil.rmtree(folder, ignore_errors=True)


def pinned_files(service: "MaxCompute") -> set[str]:
    """The files that live download sessions read, whatever became of them in their tables."""
    pinned: set[str] = set()
    for session in service.sessions.live_downloads():
        stored = service.catalogue.by_id(session.body.target.table_id)
        if stored is not None:
            root = Path(stored.location)
            pinned.update(str(root / file.path) for file in session.body.files)
    return pinned
