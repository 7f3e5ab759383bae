"""A PostgreSQL of its own for a test, which is the oracle of what speaks its protocol. It never runs as root."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "no secret"


@dataclass(frozen=True)
class Postgres:
    """A running server: it listens in ``folder`` on a Unix socket, and its one user is ``postgres``."""

    programs: Path
    folder: Path

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.folder / ".s.PGSQL.5432"

    def psql(self, script: str, *variables: str, errors: int = subprocess.PIPE) -> subprocess.CompletedProcess[bytes]:
        """What psql prints of a script, unaligned; ``variables`` are its own, as ``name=value``."""
        given = [part for variable in variables for part in ("-v", variable)]
        command = [self.programs / "psql", "-h", self.folder, "-U", "postgres", "-qXAt", *given]
        how: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": errors, "env": {"PGPASSWORD": PASSWORD}}
        return subprocess.run(command, input=script.encode(), **how)


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def programs() -> Path:
    """Where PostgreSQL's programs lie; without them the test is skipped, or fails in CI."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        assert not os.environ.get("CI"), "PostgreSQL must be there in CI"
        pytest.skip("it is compared with PostgreSQL, whose initdb is not here")
    return found[-1].parent if found else Path(str(on_path)).parent


@contextmanager
def running(*options: str, port: int = 0) -> Iterator[Postgres]:
    """Start one with SCRAM passwords; it is gone afterwards. ``options`` are settings as ``name=value``.

    With a ``port`` it listens there on 127.0.0.1 too.
    """
    at = programs()
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    how: dict[str, Any] = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
        how |= {"user": "nobody"}
    try:
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o644)
        initdb = [at / "initdb", "-D", folder / "data", "-U", "postgres", "-E", "UTF8", "--locale=C"]
        subprocess.run([*initdb, "-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "-N"], check=True, **how)
        reached = ("listen_addresses=127.0.0.1", f"port={port}") if port else ()
        settings = ("listen_addresses=", f"unix_socket_directories={folder}", "fsync=off", *reached, *options)
        given = [part for setting in settings for part in ("-c", setting)]
        with subprocess.Popen([at / "postgres", "-D", folder / "data", *given], **how) as server:
            try:
                _until_ready(at, folder, port or 5432)
                yield Postgres(at, folder)
            finally:
                server.terminate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _until_ready(at: Path, folder: Path, port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if subprocess.run([at / "pg_isready", "-h", folder, "-p", str(port), "-q"]).returncode == 0:
            return
        time.sleep(0.02)
    raise AssertionError("PostgreSQL did not start")
