"""What a crash can leave in the lake: files of statements that never committed, folders of tables never named.

Only what is older than ``before`` is touched, so nothing that a running statement writes is in danger; and only files
named as ours are, because another writer's may belong to a commit that it has not made yet. The index must be up to
its log first, or a file whose commit the crash kept from the index would be taken for an orphan.
"""

import asyncio
import re
import shutil
from pathlib import Path

from yunbox.schema.tables import TableName
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.model import StoredTable
from yunbox.storage.tables.snapshots import Snapshots

_FOREIGN = re.compile(r"part-\d{5}-")
_PAGE = 1000


async def find_and_remove(catalogue: Catalogue, snapshots: Snapshots, dead: set[str], before: float) -> list[Path]:
    """Bring every index up to its log, then remove orphans in a thread; returns what was removed."""
    for project in catalogue.projects():
        for schema in catalogue.schemas(project.name):
            for stored in _tables(catalogue, project.name, schema.name):
                await snapshots.refresh(stored.id)
    return await asyncio.to_thread(remove_orphans, catalogue, dead, before)


def remove_orphans(catalogue: Catalogue, dead: set[str], before: float) -> list[Path]:
    """Remove orphans; returns what was removed. ``dead`` are files that left their tables and are kept a while."""
    removed: list[Path] = []
    for project in catalogue.projects():
        for schema in catalogue.schemas(project.name):
            tables = _tables(catalogue, project.name, schema.name)
            removed += _folders(catalogue.lake / project.name / schema.name, tables, before)
            for stored in tables:
                removed += _files(catalogue, stored, dead, before)
    return removed


def _tables(catalogue: Catalogue, project: str, schema: str) -> list[StoredTable]:
    found: list[StoredTable] = []
    while page := catalogue.tables(project, schema, after=found[-1].table.name.name if found else "", limit=_PAGE):
        found += page
    return [stored for stored in found if stored.location]


def _folders(parent: Path, tables: list[StoredTable], before: float) -> list[Path]:
    known = {Path(stored.location) for stored in tables}
    orphans = [path for path in _children(parent) if path not in known and _older(path, before)]
    for path in orphans:
        shutil.rmtree(path, ignore_errors=True)
    return orphans


def _files(catalogue: Catalogue, stored: StoredTable, dead: set[str], before: float) -> list[Path]:
    root = Path(stored.location)
    known = {str(root / file.path) for file in catalogue.files(stored.id)} | dead
    orphans = [path for path in root.rglob("*.parquet") if _is_orphan(path, known, before)]
    if orphans and _changed(catalogue, stored.table.name, stored.version):
        return []  # a commit came in between: look again at the next sweep
    for path in orphans:
        path.unlink(missing_ok=True)
    return orphans


def _is_orphan(path: Path, known: set[str], before: float) -> bool:
    ours = "_delta_log" not in path.parts and not _FOREIGN.match(path.name)
    return ours and str(path) not in known and _older(path, before)


def _changed(catalogue: Catalogue, name: TableName, version: int) -> bool:
    current = catalogue.stored(name)
    return current is None or current.version != version


def _children(parent: Path) -> list[Path]:
    return [path for path in parent.iterdir() if path.is_dir()] if parent.is_dir() else []


def _older(path: Path, before: float) -> bool:
    try:
        return path.stat().st_mtime < before
    except FileNotFoundError:
        return False
