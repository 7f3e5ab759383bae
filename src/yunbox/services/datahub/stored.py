"""What DataHub keeps, as the bill has it: the bytes of all records and the active shards, by the hour and by project.

The server looks at the broker's catalogue and at the sizes of files; the broker need not run. Source: the vendor's page
"Pricing" (help.aliyun.com/document_detail/158924).
"""

import contextlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from yunbox.meter.storage import Stored
from yunbox.services.datahub import prices
from yunbox.services.datahub.broker.config import CATALOGUE, LOGS
from yunbox.services.datahub.catalogue.model import ShardState
from yunbox.storage.database import connect

_TOPICS = """SELECT projects.name, projects.created, topics.number, count(*) FILTER (WHERE state = ?)
    FROM projects JOIN topics ON topics.project = projects.name JOIN shards ON shards.topic = topics.number
    GROUP BY topics.number"""


def stored(folder: Path, account_id: str, principal: str) -> Iterable[Stored]:
    """Each project that has topics, if DataHub was ever used."""
    if not (folder / CATALOGUE).exists():
        return
    found: dict[str, tuple[float, dict[str, float]]] = {}
    with contextlib.closing(connect(folder / CATALOGUE, read_only=True)) as database:
        try:
            rows = database.execute(_TOPICS, (ShardState.ACTIVE,)).fetchall()
        except sqlite3.OperationalError:  # it is being made
            return
    for project, created_s, number, active in rows:
        kept = found.setdefault(project, (created_s, {prices.STORED: 0.0, prices.SHARDS: 0.0}))[1]
        kept[prices.STORED] += _size_bytes(folder / LOGS / str(number))
        kept[prices.SHARDS] += active
    for project, (created_s, kept) in found.items():
        name = f"{prices.GROUP}{project}"
        yield Stored(name, name, account_id, principal, created_s, kept, {})


def has_connectors(folder: Path) -> bool:
    """Whether there are connectors, which move records whether a client comes or not."""
    if not (folder / CATALOGUE).exists():
        return False
    with contextlib.closing(connect(folder / CATALOGUE, read_only=True)) as database:
        try:
            return database.execute("SELECT 1 FROM connectors LIMIT 1").fetchone() is not None
        except sqlite3.OperationalError:  # it is of a time before there were any, or being made
            return False


def _size_bytes(folder: Path) -> int:
    """What lies in a topic's folder; its files come and go."""
    total = 0
    for path in folder.glob("*/*.log"):
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size
    return total
