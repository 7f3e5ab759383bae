"""DuckDB macros that casts and the functions' templates call: they lie as SQL beside what writes their calls."""

import re
from importlib import resources

_MACRO = re.compile(r"^CREATE OR REPLACE MACRO (\w+)\(.*?;$", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r"\bmc_\w+")


def load_macros() -> tuple[str, ...]:
    """Every macro, after those it uses: DuckDB looks names up when it creates one."""
    folders = (resources.files("yunbox.sql.maxcompute"), resources.files("yunbox.sql.maxcompute.functions"))
    found = [file for folder in folders for file in folder.iterdir() if file.name.endswith(".sql")]
    files = sorted(found, key=lambda file: file.name)
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
