"""String functions: pieces, positions, padding, and texts that hold pairs."""

from yunbox.sql.maxcompute.errors import ArgumentTypeWrong
from yunbox.sql.maxcompute.expr import Expr, build, string
from yunbox.sql.maxcompute.functions.registry import Call, NullArgument, category, scalar

_DIGITS_MAX = 340  # after the point, in format_number()


def _padded(name: str) -> str:
    """lpad() or rpad(): nothing comes of a padding that is empty."""
    pad = "{2|' '}"
    padded = f"{name}({{0}}, CAST(mc_length({{1}}, 1) AS INTEGER), {pad})"
    return f"(CASE WHEN {{1}} < 0 THEN '' WHEN {pad} <> '' THEN {padded} END)"


def _chr(call: Call) -> str:
    return f"chr(CAST({call.checked(0, 0, 127)} AS INTEGER))"


def _instr(call: Call) -> str:
    nth = call.checked(3, 1) if len(call) > 3 else "1"
    return f"mc_instr({call[0]}, {call[1]}, {call[2]}, {nth})"


def _substr(call: Call) -> str:
    """substr(): from place 0 there is nothing, but in Hive mode, where it is the first."""
    length = call[2] if len(call) > 2 else "2147483647"
    if call.name == "substring":
        nothing = "''"
    elif call.session.hive_compatible:
        return f"mc_substr({call[0]}, {call[1]}, {length})"
    else:
        nothing = "NULL"
    if call.session.conversions.strict and len(call) > 2:
        length = call.checked(2, 1)
    known = f"{call[0]} IS NOT NULL AND {length} IS NOT NULL"
    return f"(CASE WHEN {call[1]} = 0 AND {known} THEN {nothing} ELSE mc_substr({call[0]}, {call[1]}, {length}) END)"


def _split_part(call: Call) -> str:
    _constant(call, 1)
    start = call.number(2, 1)
    end = call.number(3, start) if len(call) > 3 else start
    return f"mc_split_part({call[0]}, {call[1]}, {start}, {end})"


def _constant(call: Call, index: int) -> str:
    """A separator, which DuckDB takes as a constant only."""
    call.literal(index)
    return call[index]


def _substring_index(call: Call) -> str:
    return f"mc_substring_index({call[0]}, {_constant(call, 1)}, {call[2]})"


def _concat_ws(call: Call) -> str:
    known = " AND ".join(f"{arg.sql} IS NOT NULL" for arg in call.args)
    return f"(CASE WHEN {known} THEN concat_ws({', '.join(arg.sql for arg in call.args)}) END)"


def _str_to_map(call: Call) -> Expr:
    """str_to_map([policy,] text [, between pairs [, between key and value]]), both separators patterns."""
    args = list(call.args)
    policy = string(str(call.session.settings.get("odps.sql.map.key.dedup.policy", "last_win")))
    if len(args) == 4 or (len(args) > 1 and args[0].value in ("exception", "last_win")):
        policy = args.pop(0)
    text, outer, inner = (*args, *(string(","), string("="))[len(args) - 1 :])
    return build(f"yb_pairs({text.sql}, {outer.sql}, {inner.sql}, {policy.sql})", call.returns, *call.args)


def _format_number(call: Call) -> str:
    """format_number(x, digits) or format_number(x, '#,###.00')."""
    shape = call.literal(1)
    if shape is None:
        raise NullArgument
    if not isinstance(shape, str):
        digits = call.number(1, 0, _DIGITS_MAX)
        return f"format('{{:,.{digits}f}}', round_even({call[0]}, {digits}))"
    text = str(shape)
    if text.strip("#,.0"):
        raise ArgumentTypeWrong(f"function format_number does not know the format {text}", call.where)
    fraction = text.partition(".")[2]
    comma = "," if "," in text else ""
    most, least = len(fraction), fraction.count("0")
    sql = f"format('{{:{comma}.{most}f}}', round_even({call[0]}, {most}))"
    if most > least:
        sql = f"regexp_replace(regexp_replace({sql}, '0{{0,{most - least}}}$', ''), '\\.$', '')"
    return sql


category("String functions")

scalar("length char_length", ("string -> bigint", "length({0})"), ("binary -> bigint", "octet_length({0})"))
scalar("lengthb octet_length", ("string -> bigint", "strlen({0})"), ("binary -> bigint", "octet_length({0})"))
scalar("bit_length", ("string -> bigint", "(strlen({0}) * 8)"))
scalar("substr substring", ("string, bigint, bigint? -> string", _substr),
       ("binary, bigint, bigint? -> binary",
        "unhex(mc_substr(hex({0}), {1} * 2 - 1, {2|1073741823} * 2))"))  # fmt: skip
scalar("substring_index", ("string, string, bigint -> string", _substring_index))
scalar("tolower lower lcase", ("string -> string", "lower({0})"))
scalar("toupper upper ucase", ("string -> string", "upper({0})"))
scalar("trim", ("string, string? -> string", "trim({0}, {1|' '})"))
scalar("ltrim", ("string, string? -> string", "ltrim({0}, {1|' '})"))
scalar("rtrim", ("string, string? -> string", "rtrim({0}, {1|' '})"))
scalar("concat", ("string?* -> string", lambda c: c[0] if len(c) == 1 else
       f"({' || '.join(a.sql for a in c.args) or 'CAST(NULL AS VARCHAR)'})"), ("array<T> -> array<T>", "{0}"),
       ("array<T>, array<T>* -> array<T>", lambda c:
        f"(CASE WHEN {' AND '.join(f'{a.sql} IS NOT NULL' for a in c.args)}"
        f" THEN flatten([{', '.join(a.sql for a in c.args)}]) END)"))  # fmt: skip
scalar("concat_ws",
       ("string, array<string> -> string", lambda c: f"array_to_string({c[1]}, {_constant(c, 0)})"),
       ("string, string* -> string", _concat_ws))  # fmt: skip
scalar("replace", ("string, string, string? -> string",
       "(CASE WHEN {1} = '' THEN {0} ELSE replace({0}, {1}, {2|''}) END)"))  # fmt: skip
scalar("reverse", ("string -> string", "reverse({0})"), ("array<T> -> array<T>", "list_reverse({0})"))
scalar("repeat", ("string, bigint -> string", "mc_repeat({0}, {1})"))
scalar("lpad", ("string, bigint, string? -> string",
       _padded("lpad")))  # fmt: skip
scalar("rpad", ("string, bigint, string? -> string",
       _padded("rpad")))  # fmt: skip
scalar("space", ("bigint -> string", "mc_repeat(' ', {0})"))
scalar("ascii", ("string -> bigint", "CAST(ascii({0}) AS BIGINT)"))
scalar("chr char", ("bigint -> string", _chr))
scalar("instr", ("string, string -> bigint", "instr({0}, {1})"),
       ("string, string, bigint, bigint? -> bigint", _instr))  # fmt: skip
scalar("locate", ("string, string -> bigint", "instr({1}, {0})"),
       ("string, string, bigint -> bigint", "(CASE WHEN {2} IS NULL AND {0} IS NOT NULL AND {1} IS NOT NULL THEN 0 "
        "ELSE mc_instr({1}, {0}, {2}, 1) END)"))  # fmt: skip
scalar("char_matchcount", ("string, string -> bigint", "(CASE WHEN {1} IS NOT NULL THEN "
       "len(list_filter(string_split({0}, ''), lambda _c: contains({1}, _c))) END)"))  # fmt: skip
scalar("find_in_set", ("string, string, string? -> bigint", "(CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN "
       "CAST(coalesce(list_position(string_split({1}, {2|','}), {0}), 0) AS BIGINT) END)"))  # fmt: skip
scalar("split_part", ("string, string, bigint, bigint? -> string", _split_part))
scalar("initcap", ("string -> string",
       "array_to_string(list_transform(string_split(lower({0}), ' '), "
       "lambda _w: upper(left(_w, 1)) || substr(_w, 2)), ' ')"))  # fmt: skip
scalar("translate", ("string, string, string -> string", "translate({0}, {1}, {2})"))
scalar("left", ("string, bigint -> string", "left({0}, mc_within({1}, 0, length({0})))"))
scalar("right", ("string, bigint -> string", "right({0}, mc_within({1}, 0, length({0})))"))
scalar("startswith starts_with", ("string, string -> boolean", "starts_with({0}, {1})"))
scalar("endswith ends_with", ("string, string -> boolean", "ends_with({0}, {1})"))
scalar("format_number", ("double, any -> string", _format_number))
scalar("soundex", ("string -> string", "mc_soundex(nullif(regexp_replace(upper({0}), '[^A-Z]', '', 'g'), ''))"))
scalar("keyvalue", ("string, string -> string", "mc_pair({0}, ';', ':', {1})"),
       ("string, string, string, string -> string", "mc_pair({0}, {1}, {2}, {3})"))  # fmt: skip
scalar("str_to_map", ("string, string?, string?, string? -> map<string,string>", _str_to_map))
