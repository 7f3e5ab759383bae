"""DuckDB macros that casts and the functions' templates call: they lie as SQL beside what writes their calls."""

import re
from functools import cache
from importlib import resources

_MACRO = re.compile(r"^CREATE OR REPLACE MACRO (\w+)\(.*?;$", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r"\bmc_\w+")


@cache
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


def has_lambda(sql: str) -> bool:
    """Whether there is a lambda in a text, or in a macro that it calls."""
    return _with_lambda().search(sql) is not None


@cache
def _with_lambda() -> re.Pattern[str]:
    found: list[str] = []
    for macro in load_macros():
        used = set(_NAME.findall(macro))
        if "lambda " in macro or not used.isdisjoint(found):
            found += [made[1] for made in _MACRO.finditer(macro)]
    return re.compile(rf"lambda |\b(?:{'|'.join(found)})\(")


def _add(name: str, named: dict[str, str], made: dict[str, str]) -> None:
    for used in _NAME.findall(named[name]):
        if used != name and used not in made:
            _add(used, named, made)
    made.setdefault(name, named[name])
