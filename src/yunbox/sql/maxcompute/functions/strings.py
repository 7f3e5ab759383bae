"""String functions: pieces, positions, padding, and texts that hold pairs."""

from yunbox.sql.maxcompute.errors import ArgumentTypeWrong
from yunbox.sql.maxcompute.functions.registry import Call, NullArgument, scalar


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
