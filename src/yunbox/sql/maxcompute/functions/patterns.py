"""Regular expressions. Patterns are RE2's, which the vendor's own classes such as ``[[:alpha:]]`` fit."""

import re

from yunbox.sql.maxcompute.errors import ArgumentWrong
from yunbox.sql.maxcompute.expr import text_literal
from yunbox.sql.maxcompute.functions.registry import Call, category, scalar

_GROUP = re.compile(r"(?<!\\)(?:\\\\)*\((?!\?[^P<])")
_GROUPS_MAX = 99
_BACK = re.compile(r"\\(\d|\\)")
_REFERENCE = re.compile(r"\$(\d)")


def _check_group(call: Call, group: int) -> None:
    pattern = call.args[1].value
    if call.args[1].op == "literal" and isinstance(pattern, str):
        count = len(_GROUP.findall(pattern))
        if pattern == "" or (group and group > count):
            raise ArgumentWrong(f"the pattern of function {call.name} has no group {group}", call.where)


def _extract(call: Call) -> str:
    group = call.number(2, 0, _GROUPS_MAX) if len(call) > 2 else 1
    _check_group(call, group)
    return f"regexp_extract({call[0]}, {call[1]}, {group})"


def _pattern(call: Call) -> str:
    """A pattern, which may not be empty where it is a constant, as it should be."""
    if call.args[1].op == "literal" and call.args[1].value == "":
        raise ArgumentWrong(f"the pattern of function {call.name} is empty", call.where)
    return call[1]


def _optional(call: Call, index: int, default: int, least: int, most: int | None = None) -> str:
    return call.checked(index, least, most) if len(call) > index else str(default)


def _count(call: Call) -> str:
    return f"len(regexp_extract_all(mc_rest({call[0]}, {_optional(call, 2, 1, 1)}), {_pattern(call)}))"


def _instr(call: Call) -> str:
    start, nth, end = _optional(call, 2, 1, 1), _optional(call, 3, 1, 1), _optional(call, 4, 0, 0, 1)
    return f"mc_regexp_instr({call[0]}, {_pattern(call)}, {start}, {nth}, {end})"


def _substr(call: Call) -> str:
    start, nth = _optional(call, 2, 1, 1), _optional(call, 3, 1, 1)
    return f"regexp_extract_all(mc_rest({call[0]}, {start}), {_pattern(call)})[{nth}]"


def _extract_all(call: Call) -> str:
    group = call.number(2, 0, _GROUPS_MAX) if len(call) > 2 else 1
    _check_group(call, group)
    return f"regexp_extract_all({call[0]}, {call[1]}, {group})"


def _replacement(call: Call) -> str:
    value = call.args[2].value
    if call.args[2].op != "literal" or not isinstance(value, str):
        return call[2]
    if call.session.hive_compatible:
        value = _REFERENCE.sub(r"\\\1", value)
    return text_literal(_existing(value, call.args[1].value))


def _existing(replacement: str, pattern: object) -> str:
    """A replacement without references to groups that the pattern does not have: the vendor leaves them open."""
    if not isinstance(pattern, str):
        return replacement
    count = len(_GROUP.findall(pattern))
    return _BACK.sub(lambda m: m.group() if m[1] == "\\" or int(m[1]) <= count else "", replacement)


def _replace(call: Call) -> str:
    source, pattern, made = call[0], _pattern(call), _replacement(call)
    every = f"regexp_replace({source}, {pattern}, {made}, 'g')"
    if call.args[2].is_null:  # without a match the text stays
        every = f"(CASE WHEN NOT regexp_matches({source}, {pattern}) THEN {source} END)"
    if len(call) <= 3 or call.args[3].value == 0:
        return every
    place = call.checked(3, 0)
    nth = f"mc_replace_nth({source}, {pattern}, {made}, {place})"
    return nth if call.args[3].op == "literal" else f"(CASE WHEN {place} = 0 THEN {every} ELSE {nth} END)"


category("String functions")

scalar("split", ("string, string?, boolean? -> array<string>", "mc_split({0}, {1|','}, NOT {2|TRUE})"))
scalar("regexp_replace", ("string, string, string, bigint? -> string", _replace))
scalar("regexp_extract", ("string, string, bigint? -> string", _extract))
scalar("regexp_extract_all", ("string, string, bigint? -> array<string>", _extract_all))
scalar("regexp_count", ("string, string, bigint? -> bigint", _count))
scalar("regexp_substr", ("string, string, bigint?, bigint? -> string", _substr))
scalar("regexp_instr", ("string, string, bigint?, bigint?, bigint? -> bigint", _instr))
scalar(
    "regexp regexp_like rlike",
    ("string, string -> boolean", lambda call: f"regexp_matches({call[0]}, {_pattern(call)})"),
)
