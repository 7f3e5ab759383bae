"""The functions of SQL/JSON paths, whose code is loaded by the first statement that calls one."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from yunbox.sql.hologres.natives.native import Native, native
from yunbox.sql.hologres.natives.stopping import stoppable

_FOUR = "VARCHAR; VARCHAR; VARCHAR; BOOLEAN"


@cache
def _called(name: str) -> Callable[..., Any]:
    return getattr(import_module("yunbox.sql.hologres.natives.jsonpath_calls"), name)


def _later(name: str) -> Callable[..., Any]:
    return lambda *args: _called(name)(*args)


NATIVES: tuple[Native, ...] = (
    native("hg_in_jsonpath", _later("checked"), "VARCHAR; VARCHAR", "VARCHAR"),
    native("hg_out_jsonpath", _later("shown"), "VARCHAR", "VARCHAR"),
    stoppable("hg_jsonpath_exists", _later("exists"), _FOUR, "BOOLEAN"),
    stoppable("hg_jsonpath_match", _later("match"), _FOUR, "BOOLEAN"),
    stoppable("hg_jsonpath_query", _later("query"), _FOUR, "VARCHAR[]"),
    stoppable("hg_jsonpath_array", _later("query_array"), _FOUR, "VARCHAR"),
    stoppable("hg_jsonpath_first", _later("query_first"), _FOUR, "VARCHAR"),
    stoppable("hg_jsonpath_finds", _later("finds"), "VARCHAR; VARCHAR", "BOOLEAN"),
    stoppable("hg_jsonpath_matches", _later("matches"), "VARCHAR; VARCHAR", "BOOLEAN"),
)
"""Functions of paths."""
