"""What a job's process is given: a file that only its owner can read, as the keys of its tables stand in it."""

from typing import Any

import msgspec


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
