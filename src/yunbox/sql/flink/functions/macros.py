"""DuckDB macros that casts and the functions' templates call: they lie as SQL beside what writes their calls."""

import re
from functools import cache
from importlib import resources

_MACRO = re.compile(r"^CREATE OR REPLACE MACRO (\w+)\(.*?;$", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r"\bfl_\w+")


@cache
def load_macros() -> tuple[str, ...]:
    """Every macro, after those it uses: DuckDB looks names up when it creates one. ``NATIVES`` come before all."""
    folder = resources.files("yunbox.sql.flink.functions")
    files = sorted((one for one in folder.iterdir() if one.name.endswith(".sql")), key=lambda one: one.name)
    named = {found[1]: found[0] for file in files for found in _MACRO.finditer(file.read_text("utf-8"))}
    made: dict[str, str] = {}
    for name in named:
        _add(name, named, made)
    return tuple(made.values())


def _add(name: str, named: dict[str, str], made: dict[str, str]) -> None:
    for used in _NAME.findall(named[name]):
        if used != name and used not in made:
            _add(used, named, made)
    made.setdefault(name, named[name])
