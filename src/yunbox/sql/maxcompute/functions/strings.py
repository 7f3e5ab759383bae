"""String functions: pieces, positions, padding, and texts that hold pairs."""

from yunbox.sql.maxcompute.errors import ArgumentTypeWrong
from yunbox.sql.maxcompute.functions.registry import Call, NullArgument, macro, scalar

macro(
    "mc_substr(s, p, n) AS CASE WHEN n <= 0 OR p IS NULL THEN CASE WHEN p IS NULL OR n IS NULL THEN NULL ELSE '' END "
    "WHEN p = 0 THEN substr(s, 1, n) WHEN -p > length(s) THEN substr(s, 1, n) ELSE substr(s, p, n) END"
)
macro(
    "mc_split_part(s, d, a, b) AS CASE WHEN d IS NULL THEN NULL WHEN d = '' THEN s ELSE coalesce(array_to_string("
    "string_split(s, d)[CASE WHEN a < 0 THEN greatest(len(string_split(s, d)) + a + 1, 1) "
    "WHEN a = 0 THEN 1 ELSE a END : CASE WHEN b < 0 THEN len(string_split(s, d)) + b + 1 ELSE b END], d), "
    "CASE WHEN s IS NOT NULL AND d IS NOT NULL THEN '' END) END"
)
macro(
    "mc_instr(s, t, p, n) AS CASE WHEN s IS NULL OR t IS NULL OR p IS NULL OR n IS NULL THEN NULL "
    "WHEN t = '' THEN greatest(p, 1) WHEN p < 0 THEN coalesce(list_filter(range(length(s) + p + 1, 0, -1), "
    "lambda _i: substr(s, _i, length(t)) = t)[n], 0) "
    "ELSE coalesce(list_filter(range(greatest(p, 1), length(s) + 1), lambda _i: "
    "substr(s, _i, length(t)) = t)[n], 0) END"
)
macro(
    "mc_substring_index(s, d, n) AS CASE WHEN d IS NULL OR n IS NULL THEN NULL WHEN d = '' OR n = 0 THEN "
    "CASE WHEN s IS NOT NULL THEN '' END "
    "WHEN n > 0 THEN array_to_string(string_split(s, d)[1 : n], d) "
    "ELSE array_to_string(string_split(s, d)[greatest(len(string_split(s, d)) + n + 1, 1) : ], d) END"
)
macro(
    "mc_pair(s, a, b, k) AS substr(list_filter(string_split(s, a), lambda _p: starts_with(_p, k || b))[1], "
    "length(k) + length(b) + 1)"
)
macro(
    "mc_pairs(s, a, b) AS map_from_entries(list_filter(list_transform(string_split(s, a), lambda _p, _i: "
    "{'k': split_part(_p, b, 1), 'v': CASE WHEN contains(_p, b) THEN substr(_p, length(split_part(_p, b, 1)) "
    "+ length(b) + 1) END, 'n': _i}), lambda _e: NOT list_contains(list_transform(string_split(s, a)[_e.n + 1 : ], "
    "lambda _q: split_part(_q, b, 1)), _e.k)).list_transform(lambda _e: {'k': _e.k, 'v': _e.v}))"
)
macro(
    "mc_soundex(u) AS u[1] || rpad(replace(substr(regexp_replace(regexp_replace(regexp_replace(regexp_replace("
    "regexp_replace(regexp_replace(translate(u[1] || regexp_replace(u[2:], '[HW]', '', 'g'), "
    "'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '01230120022455012623010202'), '1+', '1', 'g'), '2+', '2', 'g'), '3+', '3', 'g'), "
    "'4+', '4', 'g'), '5+', '5', 'g'), '6+', '6', 'g'), 2), '0', ''), 3, '0')"
)


def _format_number(call: Call) -> str:
    """format_number(x, digits) or format_number(x, '#,###.00')."""
    shape = call.literal(1)
    if shape is None:
        raise NullArgument
    if isinstance(shape, int):
        return f"format('{{:,.{max(shape, 0)}f}}', round_even({call[0]}, {max(shape, 0)}))"
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


scalar("length char_length", ("string -> bigint", "length({0})"), ("binary -> bigint", "octet_length({0})"))
scalar("lengthb octet_length", ("string -> bigint", "strlen({0})"), ("binary -> bigint", "octet_length({0})"))
scalar("bit_length", ("string -> bigint", "(strlen({0}) * 8)"))
scalar("substr substring",
       ("string, bigint -> string", "mc_substr({0}, {1}, 2147483647)"),
       ("string, bigint, bigint -> string", "mc_substr({0}, {1}, {2})"),
       ("binary, bigint, bigint? -> binary",
        "unhex(mc_substr(hex({0}), {1} * 2 - 1, {2|1073741823} * 2))"))  # fmt: skip
scalar("substring_index", ("string, string, bigint -> string", "mc_substring_index({0}, {1}, {2})"))
scalar("tolower lower lcase", ("string -> string", "lower({0})"))
scalar("toupper upper ucase", ("string -> string", "upper({0})"))
scalar("trim", ("string, string? -> string", "trim({0}, {1|' '})"))
scalar("ltrim", ("string, string? -> string", "ltrim({0}, {1|' '})"))
scalar("rtrim", ("string, string? -> string", "rtrim({0}, {1|' '})"))
scalar("concat", ("array<T> -> array<T>", "{0}"), ("string* -> string", lambda c: c[0] if len(c) == 1 else
       f"({' || '.join(a.sql for a in c.args)})"),
       ("array<T>, array<T>* -> array<T>", lambda c:
        f"(CASE WHEN {' AND '.join(f'{a.sql} IS NOT NULL' for a in c.args)}"
        f" THEN flatten([{', '.join(a.sql for a in c.args)}]) END)"))  # fmt: skip
scalar("concat_ws",
       ("string, array<string> -> string", "array_to_string({1}, {0})"),
       ("string, string* -> string", "concat_ws({*})"))  # fmt: skip
scalar("replace", ("string, string, string? -> string",
       "(CASE WHEN {1} = '' THEN {0} ELSE replace({0}, {1}, {2|''}) END)"))  # fmt: skip
scalar("reverse", ("string -> string", "reverse({0})"), ("array<T> -> array<T>", "list_reverse({0})"))
scalar("repeat", ("string, bigint -> string", "repeat({0}, {1})"))
scalar("lpad", ("string, bigint, string? -> string",
       "(CASE WHEN {1} < 0 THEN '' ELSE lpad({0}, CAST({1} AS INTEGER), {2|' '}) END)"))  # fmt: skip
scalar("rpad", ("string, bigint, string? -> string",
       "(CASE WHEN {1} < 0 THEN '' ELSE rpad({0}, CAST({1} AS INTEGER), {2|' '}) END)"))  # fmt: skip
scalar("space", ("bigint -> string", "repeat(' ', {0})"))
scalar("ascii", ("string -> bigint", "CAST(ascii({0}) AS BIGINT)"))
scalar("chr char", ("bigint -> string", "chr(CAST({0} AS INTEGER))"))
scalar("instr", ("string, string -> bigint", "instr({0}, {1})"),
       ("string, string, bigint -> bigint", "mc_instr({0}, {1}, {2}, 1)"),
       ("string, string, bigint, bigint -> bigint", "mc_instr({0}, {1}, {2}, {3})"))  # fmt: skip
scalar("locate", ("string, string -> bigint", "instr({1}, {0})"),
       ("string, string, bigint -> bigint", "mc_instr({1}, {0}, {2}, 1)"))  # fmt: skip
scalar("char_matchcount", ("string, string -> bigint",
       "len(list_filter(string_split({0}, ''), lambda _c: contains({1}, _c)))"))  # fmt: skip
scalar("find_in_set", ("string, string, string? -> bigint", "(CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN "
       "CAST(coalesce(list_position(string_split({1}, {2|','}), {0}), 0) AS BIGINT) END)"))  # fmt: skip
scalar("split_part", ("string, string, bigint -> string", "mc_split_part({0}, {1}, {2}, {2})"),
       ("string, string, bigint, bigint -> string", "mc_split_part({0}, {1}, {2}, {3})"))  # fmt: skip
scalar("initcap", ("string -> string",
       "array_to_string(list_transform(string_split(lower({0}), ' '), "
       "lambda _w: upper(left(_w, 1)) || substr(_w, 2)), ' ')"))  # fmt: skip
scalar("translate", ("string, string, string -> string", "translate({0}, {1}, {2})"))
scalar("left", ("string, bigint -> string", "left({0}, greatest({1}, 0))"))
scalar("right", ("string, bigint -> string", "right({0}, greatest({1}, 0))"))
scalar("startswith starts_with", ("string, string -> boolean", "starts_with({0}, {1})"))
scalar("endswith ends_with", ("string, string -> boolean", "ends_with({0}, {1})"))
scalar("format_number", ("double, any -> string", _format_number))
scalar("soundex", ("string -> string", "mc_soundex(nullif(regexp_replace(upper({0}), '[^A-Z]', '', 'g'), ''))"))
scalar("keyvalue", ("string, string -> string", "mc_pair({0}, ';', ':', {1})"),
       ("string, string, string, string -> string", "mc_pair({0}, {1}, {2}, {3})"))  # fmt: skip
scalar("str_to_map", ("string, string?, string? -> map<string,string>", "mc_pairs({0}, {1|','}, {2|':'})"))
