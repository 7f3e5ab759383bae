"""What the tunnel leaves behind and when it goes: sessions a day old, folders of sessions nobody knows."""

import asyncio
import shutil
from pathlib import Path

from yunbox.services.maxcompute.tunnel.sessions import SESSION_AGE_S, Sessions
from yunbox.storage.tables.catalogue import Catalogue


async def sweep_sessions(sessions: Sessions, folder: Path, now: float) -> None:
    """Forget the sessions that are past their age, and remove folders without a session."""
    expired = [session.id for session in sessions.older_than(now - SESSION_AGE_S)]
    if expired:
        await sessions.delete(expired)
    await asyncio.to_thread(_remove_folders, sessions, folder)


def _remove_folders(sessions: Sessions, folder: Path) -> None:
    # The folders first: a session made after its row was looked for would lose its blocks otherwise.
    folders = list(folder.iterdir())
    known = sessions.known()
    for one in folders:
        if one.name not in known:
            shutil.rmtree(one, ignore_errors=True)


def pinned_files(sessions: Sessions, catalogue: Catalogue) -> set[str]:
    """The files that live download sessions read, whatever became of them in their tables."""
    pinned: set[str] = set()
    for session in sessions.live_downloads():
        stored = catalogue.by_id(session.body.target.table_id)
        if stored is not None:
            root = Path(stored.location)
            pinned.update(str(root / file.path) for file in session.body.files)
    return pinned
