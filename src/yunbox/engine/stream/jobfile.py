"""What a job's process is given: a file that only its owner can read, as the keys of its tables stand in it."""

from typing import Any

import msgspec

GARBAGE_EVERY = 50_000
"""Rows come and go by the thousand, and none of them is garbage that only a collection finds."""


class JobFile(msgspec.Struct):
    """What runs. ``parent`` is the process that the job ends with; ``savepoints`` is where those lie that nobody asked
    for."""

    id: str
    name: str
    statement: str
    catalog: dict[str, Any]
    settings: dict[str, str]
    parent: int
    savepoints: str
