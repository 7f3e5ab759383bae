"""A file that takes the space of a small disk."""

import contextlib
import os
from pathlib import Path


def fill(filler: Path, leave_bytes: int) -> None:
    """Take all space but so much, in the place of what the file had taken before."""
    filler.unlink(missing_ok=True)
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        stat = os.statvfs(filler)
        for _ in range((stat.f_bavail * stat.f_frsize - leave_bytes) // 4096):
            file.write(bytes(4096))
