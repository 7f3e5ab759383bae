"""A session's functions in Python: what they take and give, which a process of its own finds out.

A file may do anything when it is imported, as the user who runs the server may; so the account alone may name one, and
the gateway imports none.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from yunbox.engine.stream.udf.loading import FILES
from yunbox.kernel.errors import Forbidden, KernelError
from yunbox.services.flink.jobs.pythonfiles import Version, keep, python_files, version
from yunbox.sql.flink.catalog import Catalog, Function, type_from_json
from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.plans import UserFunction

_MODULE = "yunbox.engine.stream.udf.probe"
_PROBE_S_MAX = 30.0
PYTHON = "PYTHON"


class PythonFunctions:
    """What is known of them. ``prepare`` comes before a statement is planned, ``find`` is what its Planner asks."""

    def __init__(self, *, is_account: bool) -> None:
        self._is_account = is_account
        self._known: tuple[frozenset[str], Version] = (frozenset(), ())
        self._found: dict[str, dict[str, Any]] = {}
        self._refused: KernelError | None = None

    def find(self, function: Function) -> UserFunction | None:
        """What a function takes and gives; None for one that is not in Python. Raises KernelError."""
        if function.language != PYTHON:
            return None
        if self._refused is not None:
            raise self._refused
        found = self._found.get(function.class_name, {"error": f"'{function.class_name}' is not known yet"})
        if "error" in found:
            raise ValidationFailed(found["error"])
        params = None if found["params"] is None else tuple(type_from_json(one) for one in found["params"])
        rest = {name: value for name, value in found.items() if name not in ("params", "returns")}
        return UserFunction(function.name, function.class_name, params, type_from_json(found["returns"]), **rest)

    async def prepare(self, catalog: Catalog, settings: Mapping[str, str], data_folder: Path) -> None:
        """Find out what is not known of a catalogue's functions; ``find`` tells what keeps one from being called."""
        sources = frozenset(one.class_name for one in catalog.functions() if one.language == PYTHON)
        if not sources:
            return
        self._refused = None
        try:
            if not self._is_account:
                raise Forbidden("Functions in Python run in the server's machine: the account alone may call them")
            places = await asyncio.to_thread(python_files, settings, data_folder)
            now = sources, await asyncio.to_thread(version, places)
            if now != self._known:
                self._found = await _probed(sources, places)
                self._known = now
        except KernelError as error:
            self._refused = error


async def _probed(sources: frozenset[str], places: list[Path]) -> dict[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="yunbox-python-") as folder:
        folders = await asyncio.to_thread(keep, places, Path(folder), Path.write_bytes)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", _MODULE,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        asked = json.dumps({"sources": sorted(sources), "folders": folders}).encode()
        try:
            async with asyncio.timeout(_PROBE_S_MAX):
                out, errors = await process.communicate(asked)
        except TimeoutError:
            raise ValidationFailed(f"The files of '{FILES}' were not imported within {_PROBE_S_MAX:.0f} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode:
        last = errors.decode(errors="replace").strip().rpartition("\n")[2]
        raise ValidationFailed(f"The files of '{FILES}' cannot be imported: {last[:500] or process.returncode}")
    found: dict[str, dict[str, Any]] = json.loads(out)
    return found
