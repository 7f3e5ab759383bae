"""Kill a process that has copies of tables follow the row store, again and again: they have what the rows are.

`python -m tests.faults.copies_crash FOLDER SEED` is the process that is killed; it changes rows, brings its copies up,
cuts logs and checkpoints, and is killed at any of these.
"""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

from tests.faults.rows_crash import KEYS, prepare
from yunbox.engine.holo import column_store
from yunbox.engine.holo.config import EngineConfig
from yunbox.engine.holo.opened import Opened
from yunbox.engine.holo.reads import read_of
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change

MANY = 30_000
"""How many rows a load has: enough for DuckDB to write while it takes them."""


def begin(folder: Path) -> None:
    """An empty table."""
    prepare(folder / "rows")


def opened(folder: Path, store: RowStore) -> Opened:
    """What an engine opens that is started."""
    return Opened.of(EngineConfig(str(folder), 1 << 29, 1 << 30, 2, 0, str(folder / "rows")), store)


def child(folder: Path, seed: int) -> None:
    """Changes, and copies that follow them."""
    store, chance = RowStore(folder / "rows"), random.Random(seed)
    engine = opened(folder, store)
    print("ready", flush=True)
    while True:
        relation = table(store)
        kind = chance.choices(("change", "load", "truncate", "upkeep", "keep up", "bring"), (40, 4, 1, 10, 10, 20))[0]
        if kind == "change":
            rows = {chance.randrange(KEYS): chance.choice((None, chance.randrange(1 << 40))) for _ in range(8)}
            store.write_sync(lambda change, relation=relation, rows=rows: _change(change, relation, rows))
        elif kind == "load":
            first = chance.randrange(10) * MANY
            rows = {key: key for key in range(first, first + MANY)}
            store.write_sync(lambda change, relation=relation, rows=rows: _load(change, relation, rows))
        elif kind == "truncate":
            store.write_sync(lambda change, relation=relation: catalogue.truncate(change, relation))
        elif kind == "upkeep":
            with mock.patch.object(column_store, "CHECKPOINT_BYTES", chance.choice((0, 1 << 20))):
                engine.copies.upkeep()
        elif kind == "keep up":
            engine.copies.keep_up()
        else:
            with engine.copies.brought([relation]):
                pass


def table(store: RowStore) -> Relation:
    """The table."""
    with store.reading() as view:
        found = store.catalogue(view).find("public", "t")
    assert found is not None
    return found


def _change(change: Change, relation: Relation, rows: dict[int, int | None]) -> None:
    form = Form(relation)
    for key, value in rows.items():
        at = form.key([key, None])
        assert at is not None
        change.set_row(relation, at, None if value is None else form.row([key, value]))


def _load(change: Change, relation: Relation, rows: dict[int, int]) -> None:
    """Rows that are written many at once."""
    form = Form(relation)
    keys = [form.key([key, None]) or b"" for key in rows]
    present = [change.row(key) for key in keys]
    change.set_rows(relation, keys, [form.row(row) for row in rows.items()], present)


def crash(folder: Path, seed: int) -> int:
    """Run the child, kill it, and compare; how many rows there were."""
    command = [sys.executable, "-m", "tests.faults.copies_crash", str(folder), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        if seed % 4:  # else it may be killed while it opens
            process.stdout.readline()
        time.sleep(random.Random(seed).uniform(0.02, 0.6))  # the moment of the kill is what is tried
        process.send_signal(signal.SIGKILL)
    return compare(folder)


def compare(folder: Path) -> int:
    """Raise AssertionError if a copy has not what the row store has."""
    store = RowStore(folder / "rows")
    store.forget_readers()
    engine, relation = opened(folder, store), table(store)
    with engine.copies.brought([relation]):
        copied = engine.db.execute(f"SELECT ctid, k, v FROM {read_of(relation)} ORDER BY ctid").fetchall()
    with store.reading() as view:
        stored = list(view.prefixed("rows", relation.prefix))
    engine.db.close()
    store.close()
    made = [(relation.prefix + bytes(key), Form(relation).row([k, v])) for key, k, v in copied]
    assert made == stored
    return len(stored)


if __name__ == "__main__":
    child(Path(sys.argv[1]), int(sys.argv[2]))
