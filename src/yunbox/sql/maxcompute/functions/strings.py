"""String functions."""

from yunbox.sql.maxcompute.functions.registry import macro, scalar

macro(
    "mc_substr(s, p, n) AS CASE WHEN n <= 0 OR p IS NULL THEN CASE WHEN p IS NULL OR n IS NULL THEN NULL ELSE '' END "
    "WHEN p = 0 THEN substr(s, 1, n) WHEN -p > length(s) THEN substr(s, 1, n) ELSE substr(s, p, n) END"
)
macro(
    "mc_split_part(s, d, a, b) AS CASE WHEN d = '' THEN s ELSE coalesce(array_to_string("
    "string_split(s, d)[CASE WHEN a < 0 THEN greatest(len(string_split(s, d)) + a + 1, 1) "
    "WHEN a = 0 THEN 1 ELSE a END : CASE WHEN b < 0 THEN len(string_split(s, d)) + b + 1 ELSE b END], d), '') END"
)
macro(
    "mc_instr(s, t, p, n) AS coalesce(list_filter(range(greatest(p, 1), length(s) + 1), "
    "lambda i: substr(s, i, length(t)) = t)[n], 0)"
)
scalar("length char_length", ("string -> bigint", "length({0})"))
scalar("lengthb octet_length", ("string -> bigint", "strlen({0})"))
scalar("substr substring",
       ("string, bigint -> string", "mc_substr({0}, {1}, 2147483647)"),
       ("string, bigint, bigint -> string", "mc_substr({0}, {1}, {2})"))  # fmt: skip
scalar("tolower lower lcase", ("string -> string", "lower({0})"))
scalar("toupper upper ucase", ("string -> string", "upper({0})"))
scalar("trim", ("string, string? -> string", "trim({0}, {1|' '})"))
scalar("ltrim", ("string, string? -> string", "ltrim({0}, {1|' '})"))
scalar("rtrim", ("string, string? -> string", "rtrim({0}, {1|' '})"))
scalar("concat", ("array<T> -> array<T>", "{0}"), ("string* -> string", lambda c: " || ".join(
    a.sql for a in c.args) if len(c) == 1 else f"({' || '.join(a.sql for a in c.args)})"),
    ("array<T>, array<T> -> array<T>", "list_concat({0}, {1})"))  # fmt: skip
scalar("concat_ws", ("string, array<string> -> string", "array_to_string({1}, {0})"),
       ("string, string* -> string", "concat_ws({*})"))  # fmt: skip
scalar("replace", ("string, string, string? -> string", "replace({0}, {1}, {2|''})"))
scalar("reverse", ("string -> string", "reverse({0})"), ("array<T> -> array<T>", "list_reverse({0})"))
scalar("repeat", ("string, bigint -> string", "repeat({0}, {1})"))
scalar("lpad", ("string, bigint, string? -> string", "lpad({0}, CAST({1} AS INTEGER), {2|' '})"))
scalar("rpad", ("string, bigint, string? -> string", "rpad({0}, CAST({1} AS INTEGER), {2|' '})"))
scalar("space", ("bigint -> string", "repeat(' ', {0})"))
scalar("ascii", ("string -> bigint", "CAST(ascii({0}) AS BIGINT)"))
scalar("chr", ("bigint -> string", "chr(CAST({0} AS INTEGER))"))
scalar("instr", ("string, string -> bigint", "instr({0}, {1})"),
       ("string, string, bigint -> bigint", "mc_instr({0}, {1}, {2}, 1)"),
       ("string, string, bigint, bigint -> bigint", "mc_instr({0}, {1}, {2}, {3})"))  # fmt: skip
scalar("locate", ("string, string -> bigint", "instr({1}, {0})"),
       ("string, string, bigint -> bigint", "mc_instr({1}, {0}, {2}, 1)"))  # fmt: skip
scalar("find_in_set", ("string, string, string? -> bigint",
       "CAST(coalesce(list_position(string_split({1}, {2|','}), {0}), 0) AS BIGINT)"))  # fmt: skip
scalar("split_part", ("string, string, bigint -> string", "mc_split_part({0}, {1}, {2}, {2})"),
       ("string, string, bigint, bigint -> string", "mc_split_part({0}, {1}, {2}, {3})"))  # fmt: skip
scalar("split", ("string, string? -> array<string>", "regexp_split_to_array({0}, {1|','})"))
scalar("regexp_replace", ("string, string, string -> string", "regexp_replace({0}, {1}, {2}, 'g')"))
scalar("regexp_extract", ("string, string, bigint? -> string",
       lambda c: f"regexp_extract({c[0]}, {c[1]}, {c.literal(2) if len(c) > 2 else 1})"))  # fmt: skip
scalar("regexp_count", ("string, string -> bigint", "len(regexp_extract_all({0}, {1}))"))
scalar("regexp regexp_like", ("string, string -> boolean", "regexp_matches({0}, {1})"))
scalar("initcap", ("string -> string",
       "array_to_string(list_transform(string_split(lower({0}), ' '), "
       "lambda w: upper(left(w, 1)) || substr(w, 2)), ' ')"))  # fmt: skip
scalar("translate", ("string, string, string -> string", "translate({0}, {1}, {2})"))
scalar("md5", ("string -> string", "md5({0})"))
scalar("sha1 sha", ("string -> string", "sha1({0})"))
scalar("base64", ("binary -> string", "to_base64({0})"))
scalar("unbase64", ("string -> binary", "from_base64({0})"))
scalar("left", ("string, bigint -> string", "left({0}, {1})"))
scalar("right", ("string, bigint -> string", "right({0}, {1})"))
scalar("startswith starts_with", ("string, string -> boolean", "starts_with({0}, {1})"))
scalar("endswith ends_with", ("string, string -> boolean", "ends_with({0}, {1})"))
scalar("url_encode", ("string, string? -> string", "url_encode({0})"))
scalar("url_decode", ("string, string? -> string", "url_decode({0})"))
scalar("keyvalue", ("string, string -> string",
       "map_from_entries(list_transform(string_split({0}, ';'), lambda p: "
       "(split_part(p, ':', 1), split_part(p, ':', 2))))[{1}]"),
       ("string, string, string, string -> string",
       "map_from_entries(list_transform(string_split({0}, {1}), lambda p: "
       "(split_part(p, {2}, 1), split_part(p, {2}, 2))))[{3}]"))  # fmt: skip
