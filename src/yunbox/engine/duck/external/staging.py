"""Objects as files that DuckDB can open.

An object that is one file of the store is read in place. The others, small ones in packs and those of many parts,
are laid out in the spill folder first; thousands of small text files become a few large ones on the way, which is
also the faster way to read them.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from yunbox.engine.duck.external.files import ExternalFile, ExternalFiles
from yunbox.engine.duck.external.options import skipped_lines
from yunbox.schema.locations import ExternalSource

_JOINED_BYTES_MAX = 256 * 1024 * 1024
_TEXT = ("csv", "tsv", "text", "json")
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}


class Staging:
    """Lays objects out for one worker."""

    def __init__(self, files: ExternalFiles) -> None:
        self._files = files
        self._staged: Mapping[tuple[str, str], Path] = {}

    def begin(self) -> None:
        """A new statement, of which nothing lies there yet."""
        self._staged = {}

    def stage(self, paths: Mapping[tuple[str, str], Path]) -> None:
        """Where the objects of mounted buckets lie as files."""
        self._staged = paths

    def paths(self, source: ExternalSource, files: Sequence[ExternalFile], scratch: Path) -> list[str]:
        """Paths that DuckDB can open: those of the store where an object is a file of its own, else copies."""
        paths: list[str] = []
        joined = _Joined(scratch, skipped_lines(source))
        for file in files:
            there = self._staged[file.remote.place] if file.remote else self._files.view.path(file.record)
            suffix = _suffix(file.key)
            if (there is not None and suffix not in _COMPRESSIONS) or file.remote is not None:
                paths.append(str(there))
            elif source.format in _TEXT and suffix not in _COMPRESSIONS and not self._is_document(source, file):
                joined.add(self._files.view.pieces(file.record))
            else:
                paths.append(str(self._copy(file, scratch / f"{uuid.uuid4().hex}{suffix}")))
        return [*paths, *joined.finish()]

    def _is_document(self, source: ExternalSource, file: ExternalFile) -> bool:
        """Whether a JSON object is one array: such cannot be joined with others."""
        return source.format == "json" and next(self._files.view.pieces(file.record, 64), b"").lstrip()[:1] == b"["

    def _copy(self, file: ExternalFile, target: Path) -> Path:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as out:
            for piece in self._files.view.pieces(file.record):
                out.write(piece)
        return target


class _Joined:
    """Writes the bytes of many text files after another, into files of a size that reads well."""

    def __init__(self, scratch: Path, skipped_lines: int) -> None:
        self._scratch = scratch
        self._skipped = skipped_lines
        self._out: list[Path] = []
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, pieces: Iterator[bytes]) -> None:
        """Add one file, without its head lines, and with a line end behind its last line."""
        data = b"".join(pieces)
        for _ in range(self._skipped):
            data = data.partition(b"\n")[2]
        if not data.endswith(b"\n"):
            data += b"\n"
        self._parts.append(b"\n" * self._skipped + data if not self._parts and self._skipped else data)
        self._size += len(data)
        if self._size >= _JOINED_BYTES_MAX:
            self._flush()

    def finish(self) -> list[str]:
        """The files that were written."""
        self._flush()
        return [str(path) for path in self._out]

    def _flush(self) -> None:
        if not self._parts:
            return
        self._scratch.mkdir(parents=True, exist_ok=True)
        path = self._scratch / uuid.uuid4().hex
        with path.open("wb") as out:
            out.writelines(self._parts)
        self._out.append(path)
        self._parts, self._size = [], 0


def _suffix(key: str) -> str:
    name = key.rpartition("/")[2]
    return "." + name.rpartition(".")[2].lower() if "." in name else ""
