"""The macros of ``macros.sql``, one statement each, in the order in which they stand."""

import re
from functools import cache
from importlib import resources

_MACRO = re.compile(r"^CREATE OR REPLACE MACRO (\w+)\(.*?;$", re.DOTALL | re.MULTILINE)


@cache
def load_macros() -> tuple[str, ...]:
    """Every macro."""
    text = resources.files("yunbox.sql.hologres.natives").joinpath("macros.sql").read_text("utf-8")
    return tuple(found[0] for found in _MACRO.finditer(text))
