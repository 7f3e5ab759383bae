"""The files of functions in Python: those that ``python.files`` names, kept with the job that calls them.

As on a cluster, a job has a copy of its own: what is changed or removed later does not reach it, also when it is
started again. Source: the option ``python.files`` on the page "Python Configuration" of PyFlink.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from yunbox.engine.stream.udf.loading import ARCHIVES, FILES
from yunbox.kernel.errors import Forbidden
from yunbox.sql.flink.errors import UnsupportedSql, ValidationFailed
from yunbox.storage.files import write_durably

FOLDER = "python"
"""Where in a job's folder they are."""
_ABSENT = ("python.requirements", "python.archives", "python.executable", "python.client.executable",
           "python.pythonpath")  # fmt: skip
_BYTES_MAX = 256 * 1024 * 1024
_COUNT_MAX = 10_000
Version = tuple[tuple[str, int, int], ...]
"""Names, times of change and sizes: another one tells that the files are no longer the same."""


def python_files(settings: Mapping[str, str], data_folder: Path) -> list[Path]:
    """The places that a session's settings name. Raises Forbidden, ValidationFailed or Unsupported."""
    for name in _ABSENT:
        if settings.get(name):
            raise UnsupportedSql(f"the option '{name}': functions run in the Python of the server")
    found = [_place(one.strip(), data_folder) for one in settings.get(FILES, "").split(",") if one.strip()]
    if not found:
        raise ValidationFailed(
            f"Functions in Python are found in the files that an option names: SET '{FILES}' = 'FILE.py'"
        )
    return found


def _place(text: str, data_folder: Path) -> Path:
    at = urlsplit(text)
    if at.scheme not in ("", "file") or at.netloc not in ("", "localhost"):
        raise ValidationFailed(f"'{FILES}' has '{text}', which is no file of this machine")
    path = Path(unquote(at.path) if at.scheme else text)
    if not path.is_absolute() or not path.exists():
        raise ValidationFailed(f"'{FILES}' has '{text}': there is no such file, as an absolute path tells it")
    if not path.is_dir() and path.suffix not in (".py", *ARCHIVES):
        raise ValidationFailed(
            f"'{FILES}' has '{text}': a folder, or a file of .py, {', '.join(ARCHIVES)}, can be there"
        )
    home, real = data_folder.resolve(), path.resolve()
    if real.is_relative_to(home) or home.is_relative_to(real):
        raise Forbidden(f"'{FILES}' has '{text}', which is in the server's data folder")
    return path


def version(places: list[Path]) -> Version:
    """What tells whether files are still the same."""
    return tuple((str(file), state.st_mtime_ns, state.st_size) for file, _, state in _files(places))


def keep(places: list[Path], folder: Path, write: Callable[[Path, bytes], object] = write_durably) -> list[str]:
    """Copy files into a folder; the folders that Python is to look in. Only what outlives a crash is to be flushed."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for file, to, _ in _files(places):
        target = folder / to
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write(target, file.read_bytes())
    return kept(folder)


def kept(folder: Path) -> list[str]:
    """The folders of files that were kept, in the order of ``python.files``."""
    return [str(one) for one in sorted(folder.iterdir())] if folder.is_dir() else []


def _files(places: list[Path]) -> Iterator[tuple[Path, str, os.stat_result]]:
    """Each file, where it goes to, and its state. Raises ValidationFailed when they are too many or too large."""
    count = size = 0
    for at, place in enumerate(places):
        inside = [place] if place.is_file() else sorted(_walk(place))
        base = place.parent if place.is_file() else place
        for file in inside:
            state = file.stat()
            count, size = count + 1, size + state.st_size
            if count > _COUNT_MAX or size > _BYTES_MAX:
                raise ValidationFailed(f"'{FILES}' has more than {_COUNT_MAX:,} files or {_BYTES_MAX >> 20} MiB")
            yield file, f"{at:04}/{file.relative_to(base)}", state


def _walk(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders[:] = [one for one in folders if one != "__pycache__"]
        yield from (file for name in names if (file := Path(where) / name).is_file())
