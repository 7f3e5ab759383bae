"""What tables of an instance were once a day: lines of JSON in a file for each day, of which the oldest go.

Source: the vendor's page "View and analyze table statistics", for ``hologres.hg_table_info``.
"""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from yunbox.storage.files import write_durably

AGE_DAYS = 30
READ_MAX = 500_000
"""Lines that one reader gets, those of the newest days."""
Entry = dict[str, Any]


def _file(folder: Path, day: str) -> Path:
    return folder / f"{day}.jsonl"


def is_collected(folder: Path, day: str) -> bool:
    """Whether a day, as eight digits, has its lines."""
    return _file(folder, day).exists()


def keep(folder: Path, day: str, oldest: str, entries: Iterable[Entry]) -> None:
    """Keep the lines of a day, and remove those of days before the oldest; in a thread."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    encode = msgspec.json.Encoder().encode
    write_durably(_file(folder, day), b"".join(encode(one) + b"\n" for one in entries))
    for path in folder.glob("*.jsonl"):
        if path.name[:8] < oldest:
            path.unlink(missing_ok=True)


def kept(folder: Path) -> Iterator[Entry]:
    """The lines of all days, the newest first."""
    left = READ_MAX
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        with contextlib.suppress(FileNotFoundError):
            for line in path.read_bytes().splitlines():
                yield msgspec.json.decode(line)
                left -= 1
                if not left:
                    return
