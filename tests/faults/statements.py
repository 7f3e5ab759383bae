"""Throw statements made by chance at a live server: no internal error, no dropped connection, no lost worker.

`python tests/faults/statements.py --count 20000` is the long run; the suite throws a few hundred.
"""

import argparse
import collections
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.sqlgen import SCHEMA, Generator
from yunbox.cli.http import Connection
from yunbox.cli.maxcompute_client import MaxComputeClient, finished
from yunbox.kernel.errors import KernelError
from yunbox.testing.server import Server

INTERNAL = re.compile(
    r"ODPS-0010000|cannot be planned|Traceback|duckdb|Binder Error|Catalog Error|Parser Error|sqlglot|Conversion Error"
)
_CODE = re.compile(r"ODPS-\d{7}")


@dataclass
class Tally:
    """What became of the statements."""

    codes: collections.Counter[str] = field(default_factory=collections.Counter)
    bad: list[tuple[str, str]] = field(default_factory=list)


def connect(server: Server) -> MaxComputeClient:
    """A client of its own connection."""
    connection = Connection(server.endpoint, server.access_key_id, server.access_key_secret)
    return MaxComputeClient(connection, server.project)


def outcome(client: MaxComputeClient, text: str) -> str:
    """The result of a statement: a code, "ok", or what was wrong with the answer."""
    try:
        instance, done = client.submit(text, {"odps.sql.allow.fullscan": "true"})
        result = finished(instance, done) if done is not None else client.wait(instance)
    except KernelError as error:
        return error.message if INTERNAL.search(error.message) else "refused before it ran"
    except Exception as error:
        return f"no answer: {type(error).__name__}: {error}"
    return result.text if result.status != "Success" else "ok"


def throw(server: Server, seed: int, count: int, tally: Tally) -> None:
    """Send so many statements one after another."""
    client, generator = connect(server), Generator(seed)
    for _ in range(count):
        text = generator.statement()
        found = outcome(client, text)
        if INTERNAL.search(found) or found.startswith("no answer"):
            tally.bad.append((text, found))
        code = _CODE.search(found)
        tally.codes[code.group() if code else found[:40]] += 1


def prepare(server: Server) -> None:
    """Make the tables that the statements speak of."""
    client = connect(server)
    for text in SCHEMA:
        found = outcome(client, text)
        assert found == "ok", (text, found)


def run(server: Server, seed: int, count: int, threads: int = 2) -> Tally:
    """Throw statements from several clients at once."""
    tally = Tally()
    prepare(server)
    senders = [
        threading.Thread(target=throw, args=(server, seed * 1000 + i, count // threads, tally)) for i in range(threads)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return tally


def _lines(tally: Tally) -> Iterator[str]:
    yield ", ".join(f"{code} {count}" for code, count in tally.codes.most_common())
    for text, found in tally.bad:
        yield f"--- {text}\n    {found[:600]}"


def main() -> int:
    """Throw statements and print those whose end was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder), options=("--port", "0")) as server:
        tally = run(server, options.seed, options.count)
    print("\n".join(_lines(tally)))
    return 1 if tally.bad else 0


if __name__ == "__main__":
    sys.exit(main())
