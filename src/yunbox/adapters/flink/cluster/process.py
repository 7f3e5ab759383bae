"""A process that goes on after the command that started it, and is known again later by its number and its birth."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

_POLL_S = 0.05
_PATIENCE_S = 10.0


class Process(msgspec.Struct, frozen=True):
    """``born`` is when the kernel says it began: numbers are given again to others."""

    name: str
    pid: int
    born: int

    @property
    def runs(self) -> bool:
        """Whether it is still this process."""
        return self.born == _born(self.pid)


def start(name: str, command: Sequence[str], environment: Mapping[str, str], printed: Path) -> Process:
    """Start a process in a group of its own; what it prints goes to a file."""
    with os.fdopen(os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as file:
        child = subprocess.Popen(  # noqa: S603 - our own command
            command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True,
            cwd=printed.parent,
        )  # fmt: skip
    child.returncode = 0  # nobody waits for it: it is to go on
    return Process(name, child.pid, _born(child.pid))


def end(processes: Sequence[Process]) -> None:
    """End the groups of processes: asked at first, then made to, with whatever they have started."""
    ours = [one for one in processes if one.runs]
    for word in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _PATIENCE_S
        for one in processes:
            if one.runs:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(one.pid, word)
        while any(one.runs for one in processes) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
    for one in ours:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(one.pid, signal.SIGKILL)


def _born(pid: int) -> int:
    """When a process began, in the kernel's ticks; 0 for one that is not there or has ended."""
    with contextlib.suppress(ChildProcessError):  # one of ours leaves its number behind until it is asked for
        os.waitpid(pid, os.WNOHANG)
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return 0 if words[0] in "ZX" else int(words[19])
