"""The data folder: one place for all state, 0700, with a format version and one owner at a time."""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from yunbox.kernel.errors import Conflict, Unavailable
from yunbox.storage.files import write_durably

FORMAT = 2
CREDENTIALS = "credentials.json"
_LOCK = "lock"


class DataFolder:
    """An open data folder. The lock is the kernel's, so it is gone with the process, however that ends."""

    def __init__(self, path: Path, lock_fd: int) -> None:
        self.path = path
        self._lock_fd = lock_fd
        self.database = path / "meta.db"
        self.lake = path / "lake"
        self.spill = path / "tmp"
        self.log = path / "logs" / "calls.jsonl"
        self.audit = path / "logs" / "audit"
        self.usage = path / "usage"
        self.oss = path / "oss"

    @classmethod
    def open(cls, path: Path) -> "DataFolder":
        """Open or make a data folder. Raises Conflict when a server uses it, Unavailable when it is too new."""
        path = path.expanduser().absolute()
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.chmod(0o700)
        fd = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = (path / _LOCK).read_text().strip()
            os.close(fd)
            raise Conflict(
                f"The data folder {path} is in use by the server with process id {holder or 'unknown'}: "
                f"stop it with `yunbox stop --data {path}`, or choose another --data"
            ) from None
        os.ftruncate(fd, 0)
        os.write(fd, f"{os.getpid()}\n".encode())
        folder = cls(path, fd)
        folder._check_format()
        for part in (folder.lake, folder.spill, folder.log.parent):
            part.mkdir(exist_ok=True)
        return folder

    def release(self) -> None:
        """Give the folder up."""
        (self.path / "server.json").unlink(missing_ok=True)
        os.close(self._lock_fd)

    def clean_scratch(self) -> None:
        """Remove what a server that was killed left in its scratch space."""
        for part in self.spill.iterdir():
            if part.is_dir():
                shutil.rmtree(part, ignore_errors=True)
            else:
                part.unlink(missing_ok=True)

    def write_credentials(self, account_id: str, key_id: str, secret: str) -> None:
        """Keep the account's first key where `yunbox credentials` finds it."""
        body = {"account_id": account_id, "access_key_id": key_id, "access_key_secret": secret}
        path = self.path / CREDENTIALS
        if not path.exists() or _read_json(path) != body:
            write_durably(path, json.dumps(body).encode())

    def write_server(self, endpoints: Mapping[str, Any], project: str, region: str) -> None:
        """Say where the server listens, for the commands that look for it."""
        body = {"pid": os.getpid(), "endpoints": endpoints, "project": project, "region": region}
        write_durably(self.path / "server.json", json.dumps(body).encode())

    def _check_format(self) -> None:
        path = self.path / "FORMAT"
        with contextlib.suppress(FileNotFoundError):
            found = int(path.read_text())
            if found > FORMAT:
                self.release()
                raise Unavailable(
                    f"The data folder {self.path} has format {found}, and this Yunbox knows formats up to {FORMAT}: "
                    "use the newer Yunbox that wrote it"
                )
            if found == FORMAT:
                return
        write_durably(path, f"{FORMAT}\n".encode())


def read_server(path: Path) -> dict[str, Any] | None:
    """The server that uses a data folder, or None when none runs."""
    path = path.expanduser().absolute()
    try:
        with (path / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return None
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return _read_json(path / "server.json") or {"pid": int((path / _LOCK).read_text() or 0), "starting": True}


def read_credentials(path: Path) -> dict[str, str] | None:
    """The account's first key, or None before the first start."""
    return _read_json(path.expanduser().absolute() / CREDENTIALS)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
