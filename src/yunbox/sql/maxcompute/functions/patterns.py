"""Regular expressions. Patterns are RE2's, which the vendor's own classes such as ``[[:alpha:]]`` fit."""

import re

from yunbox.sql.maxcompute.errors import ArgumentTypeWrong
from yunbox.sql.maxcompute.expr import text_literal
from yunbox.sql.maxcompute.functions.registry import Call, scalar

_GROUP = re.compile(r"(?<!\\)(?:\\\\)*\((?!\?[^P<])")
_REFERENCE = re.compile(r"\$(\d)")


def _extract(call: Call) -> str:
    group = call.literal(2) if len(call) > 2 else 1
    if not isinstance(group, int) or group < 0:
        raise ArgumentTypeWrong("argument 3 of function regexp_extract must not be negative", call.where)
    if call.args[1].op == "literal" and isinstance(call.args[1].value, str):
        count = len(_GROUP.findall(call.args[1].value))
        if call.args[1].value == "" or (group and group > count):
            raise ArgumentTypeWrong(f"the pattern of function regexp_extract has no group {group}", call.where)
    return f"regexp_extract({call[0]}, {call[1]}, {group})"


def _extract_all(call: Call) -> str:
    group = call.literal(2) if len(call) > 2 else 1
    return f"regexp_extract_all({call[0]}, {call[1]}, {group})"


def _replacement(call: Call) -> str:
    value = call.args[2].value
    if call.args[2].op == "literal" and isinstance(value, str) and call.session.hive_compatible:
        return text_literal(_REFERENCE.sub(r"\\\1", value))
    return call[2]


def _replace(call: Call) -> str:
    if len(call) > 3 and call.args[3].value != 0:
        every = f"regexp_replace({call[0]}, {call[1]}, {_replacement(call)}, 'g')"
        nth = f"mc_replace_nth({call[0]}, {call[1]}, {_replacement(call)}, {call[3]})"
        return nth if isinstance(call.args[3].value, int) else f"(CASE WHEN {call[3]} = 0 THEN {every} ELSE {nth} END)"
    return f"regexp_replace({call[0]}, {call[1]}, {_replacement(call)}, 'g')"


scalar("split", ("string, string?, boolean? -> array<string>",
       "mc_split(regexp_split_to_array({0}, {1|','}), NOT {2|TRUE})"))  # fmt: skip
scalar("regexp_replace", ("string, string, string, bigint? -> string", _replace))
scalar("regexp_extract", ("string, string, bigint? -> string", _extract))
scalar("regexp_extract_all", ("string, string, bigint? -> array<string>", _extract_all))
scalar("regexp_count", ("string, string, bigint? -> bigint",
       "(CASE WHEN {1} = '' THEN 0 ELSE len(regexp_extract_all(mc_rest({0}, {2|1}), {1})) END)"))  # fmt: skip
scalar("regexp_substr", ("string, string, bigint?, bigint? -> string",
       "regexp_extract_all(mc_rest({0}, {2|1}), {1})[{3|1}]"))  # fmt: skip
scalar("regexp_instr", ("string, string, bigint?, bigint?, bigint? -> bigint",
       "mc_regexp_instr({0}, {1}, {2|1}, {3|1}, {4|0})"))  # fmt: skip
scalar("regexp regexp_like rlike", ("string, string -> boolean", "regexp_matches({0}, {1})"))
