"""Kill a process that writes rows, again and again: what was acknowledged is there, and nothing half of a statement.

`python -m tests.faults.rows_crash FOLDER SEED` is the process that is killed: it says what a statement does before it
is run, and that it is done after it.
"""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from yunbox.storage.rows import catalogue
from yunbox.storage.rows.batch import Batch
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.model import Column, Relation
from yunbox.storage.rows.rows import fields_of
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change

KEYS = 200
Rows = dict[int, int]


def prepare(folder: Path) -> None:
    """An empty table."""
    store = RowStore(folder)

    def work(change: Change) -> None:
        columns = (Column("k", 1, 20), Column("v", 2, 20))
        node = catalogue.next_node(change)
        catalogue.add(change, Relation(catalogue.next_oid(change), "public", "t", node, columns, primary_key=(1,)))

    store.write_sync(work)
    store.close()


def _table(store: RowStore) -> Relation:
    with store.reading() as view:
        found = store.catalogue(view).find("public", "t")
    assert found is not None
    return found


def child(folder: Path, seed: int) -> None:
    """Statements of several rows, some of which truncate or cut the log."""
    store, chance = RowStore(folder), random.Random(seed)
    while True:
        relation = _table(store)
        kind = chance.choices(("change", "truncate", "sweep", "forget"), (40, 1, 2, 3))[0]
        rows = {chance.randrange(KEYS): chance.choice((None, chance.randrange(1 << 40))) for _ in range(8)}
        print(json.dumps([kind, list(rows.items())]), flush=True)
        if kind == "change":
            store.write_sync(lambda change, relation=relation, rows=rows: _change(change, relation, rows))
        elif kind == "truncate":
            store.write_sync(lambda change, relation=relation: catalogue.truncate(change, relation))
        elif kind == "sweep":
            store.write_sync(lambda change: catalogue.sweep(change, 50))
        else:
            with store.reading() as view:
                position = view.position(relation)
            store.write_sync(lambda change, relation=relation, at=position - 20: change.forget(relation, at))
        print("done", flush=True)


def _change(change: Change, relation: Relation, rows: dict[int, int | None]) -> None:
    batch = Batch(change, Form(relation))
    for key, value in rows.items():
        at = batch.form.key([key, None])
        assert at is not None
        if value is None:
            batch.remove(at)
        else:
            batch.put(at, at, batch.form.row([key, value]))
    batch.apply()


def _after(rows: Rows, said: str) -> Rows:
    kind, changed = json.loads(said)
    if kind == "truncate":
        return {}
    if kind != "change":
        return rows
    found = {**rows, **dict(changed)}
    return {key: value for key, value in found.items() if value is not None}


def crash(folder: Path, seed: int, before: Rows) -> tuple[Rows, int]:
    """Run the child and kill it; the rows that are there then, which must be those of what it said, and its count."""
    command = [sys.executable, "-m", "tests.faults.rows_crash", str(folder), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline()]
        time.sleep(random.Random(seed).uniform(0.02, 0.3))  # the moment of the kill is what is tried
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
    lines = [line.strip() for line in said if line.endswith("\n")]
    done, under_way = 0, ""
    for line in lines:
        if line != "done":
            under_way = line
            continue
        before, done = _after(before, under_way), done + 1
    allowed = [before] if lines[-1:] == ["done"] else [before, _after(before, lines[-1])]
    found = check(folder)
    assert found in allowed
    return found, done


def check(folder: Path) -> Rows:
    """What is there, when all that is kept of it agrees."""
    store = RowStore(folder)
    store.forget_readers()
    relation = _table(store)
    with store.reading() as view:
        stored = dict(view.prefixed("rows", relation.prefix))
        totals = view.totals(relation)
    store.close()
    assert totals.rows == len(stored)
    assert totals.size_bytes == sum(len(key) + len(row) for key, row in stored.items())
    fields = [fields_of(relation, row) for row in stored.values()]
    return {int(key or b""): int(value or b"") for key, value in fields}


if __name__ == "__main__":
    child(Path(sys.argv[1]), int(sys.argv[2]))
