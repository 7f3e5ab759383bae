"""String functions."""

from collections.abc import Callable

from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.expr import Expr
from yunbox.sql.flink.functions.patterns import is_plain, takes_part
from yunbox.sql.flink.functions.registry import Call, category, scalar
from yunbox.sql.flink.types import LENGTH_MAX, FlinkType

category("String functions")


def _varying(length: int, call: Call) -> FlinkType:
    return FlinkType("VARCHAR", (min(length, LENGTH_MAX),), nullable=call.returns.nullable)


def _trim(call: Call) -> Expr:
    """TRIM(side, characters, text), as the parser writes it."""
    side, letters, text = call.args
    name = {"BOTH": "trim", "LEADING": "ltrim", "TRAILING": "rtrim"}[str(side.value)]
    return Expr(f"{name}({text.sql}, {letters.sql})", _varying(text.type.params[0], call))


def _overlay(call: Call) -> Expr:
    length = call[3] if len(call) > 3 else f"length({call[1]})"
    of = _varying(call.args[0].type.params[0] + call.args[1].type.params[0], call)
    return Expr(f"fl_overlay({call[0]}, {call[1]}, {call[2]}, {length})", of)


def _is_plain(call: Call) -> bool:
    """Whether DuckDB reads the pattern of a call as Java does; one that is no literal is taken for such."""
    pattern = call.args[1]
    return not pattern.literal or not isinstance(pattern.value, str) or is_plain(pattern.value)


def _replaced(call: Call) -> str:
    """What is put in is as it is written: neither $1 nor a backslash means anything in it."""
    if not _is_plain(call):
        return f"yb_fl_regexp_replace({call[0]}, {call[1]}, {call[2]})"
    return f"regexp_replace({call[0]}, {call[1]}, replace({call[2]}, '\\', '\\\\'), 'g')"


def _extracted(call: Call) -> str:
    group = call.args[2] if len(call) > 2 else None
    place = 0 if group is None else int(group.value) if group.literal and group.value is not None else -1
    pattern = call.args[1]
    known = pattern.literal and isinstance(pattern.value, str) and place >= 0
    if known and is_plain(pattern.value) and takes_part(pattern.value, place):
        return f"fl_regexp_extract({call[0]}, {call[1]}, {place})"
    return f"yb_fl_regexp_extract({call[0]}, {call[1]}, {group.sql if group is not None else 0})"


def _matched(call: Call) -> str:
    """An empty pattern matches nothing."""
    name = "regexp_matches" if _is_plain(call) else "yb_fl_regexp"
    return f"CASE WHEN {call[1]} = '' AND {call[0]} IS NOT NULL THEN FALSE ELSE {name}({call[0]}, {call[1]}) END"


def _by_pattern(plain: str, native: str) -> Callable[[Call], str]:
    """DuckDB's own words where the pattern is known to mean the same there; one that is none gives NULL."""

    def made(call: Call) -> str:
        known = call.args[1].literal and _is_plain(call)
        return (plain if known else native).format(call[0], call[1])

    return made


def _extracted_all(call: Call) -> str:
    group = call[2] if len(call) > 2 else "1"
    return f"yb_fl_regexp_extract_all({call[0]}, {call[1]}, {group})"


def _elt(call: Call) -> str:
    place = call.args[0]
    if place.literal and place.value is not None and int(place.value) < 0:
        raise ValidationFailed(
            f"Index must be an integer starting from '0', but was '{place.value}'.", call.text, call.at
        )
    texts = ", ".join(arg.sql for arg in call.args[1:])
    return f"CASE WHEN {call[0]} > 0 THEN list_extract([{texts}], {call[0]}) END"


def _printf(call: Call) -> str:
    return f"yb_fl_printf({call[0]}, [{', '.join(f'CAST({arg.sql} AS VARCHAR)' for arg in call.args[1:])}])"


def _str_to_map(call: Call) -> str:
    pairs, values = (call[1], call[2]) if len(call) > 2 else ("','", "'='")
    return f"fl_str_to_map({call[0]}, {pairs}, {values})"


scalar("CHAR_LENGTH CHARACTER_LENGTH", "text -> INT", "CAST(length({0}) AS INTEGER)")
scalar("UPPER", "text -> text", "upper(replace({0}, 'ß', 'ss'))")
scalar("LOWER", "text -> text", "lower({0})")
scalar("POSITION", "text, text -> INT", "CAST(strpos({1}, {0}) AS INTEGER)")
scalar("TRIM", "any, text, text -> STRING", _trim)
scalar("LTRIM", "text, text? -> varying", "ltrim({0}, {1|' '})")
scalar("RTRIM", "text, text? -> varying", "rtrim({0}, {1|' '})")
scalar("BTRIM", "text, text? -> STRING", "trim({0}, {1|' '})")
scalar("REPEAT", "text, INT -> STRING", "repeat({0}, {1})")
scalar("REGEXP_REPLACE", "text, text, text -> STRING", _replaced)
scalar("REGEXP_EXTRACT", "text, text, INT? -> STRING?", _extracted)
scalar("REGEXP", "text, text -> BOOLEAN", _matched)
scalar(
    "REGEXP_COUNT",
    "text, text -> INT?",
    _by_pattern("CAST(len(regexp_extract_all({0}, {1})) AS INTEGER)", "yb_fl_regexp_count({0}, {1})"),
)
scalar("REGEXP_EXTRACT_ALL", "text, text, INT? -> ARRAY<STRING>?", _extracted_all)
scalar("REGEXP_INSTR", "text, text -> INT?", _by_pattern("fl_regexp_instr({0}, {1})", "yb_fl_regexp_instr({0}, {1})"))
scalar(
    "REGEXP_SUBSTR", "text, text -> STRING?",
    _by_pattern("fl_regexp_extract({0}, {1}, 0)", "yb_fl_regexp_extract({0}, {1}, 0)"),
)  # fmt: skip
scalar("OVERLAY", "text, text, INT, INT? -> STRING", _overlay)
scalar("SUBSTRING SUBSTR", "text, INT, INT? -> varying?", "fl_substring({0}, {1}, {2|2147483647})")
scalar("REPLACE", "text, text, text -> STRING", "fl_replace({0}, {1}, {2})")
scalar("INITCAP", "text -> text", "fl_initcap({0})")
scalar(
    "CONCAT", "text, text?* -> STRING",
    lambda call: "(" + " || ".join(arg.sql for arg in call.args) + ")",
)  # fmt: skip
scalar("CONCAT_WS", "text, text?* -> STRING", "fl_concat_ws({0}, [{1*}])")
scalar("LPAD", "text, INT, text -> STRING", "fl_lpad({0}, {1}, {2})")
scalar("RPAD", "text, INT, text -> STRING", "fl_rpad({0}, {1}, {2})")
scalar("FROM_BASE64", "text -> STRING", "yb_fl_decode(from_base64({0}), 'UTF-8')")
scalar("TO_BASE64", "text -> STRING", "to_base64(encode({0}))")
scalar("ASCII", "text -> INT", "fl_ascii({0})")
scalar("CHR", "BIGINT -> STRING?", "fl_chr({0})")
scalar("DECODE", "binary, text -> STRING", "yb_fl_decode({0}, {1})")
scalar("ENCODE", "text, text -> BYTES", "yb_fl_encode({0}, {1})")
scalar("INSTR", "text, text -> INT", "CAST(strpos({0}, {1}) AS INTEGER)")
scalar("LEFT", "text, INT -> varying?", "left({0}, CASE WHEN {1} < 0 THEN 0 ELSE {1} END)")
scalar("RIGHT", "text, INT -> varying?", "right({0}, CASE WHEN {1} < 0 THEN 0 ELSE {1} END)")
scalar(
    "LOCATE", "text, text -> INT", "CAST(strpos({1}, {0}) AS INTEGER)",
    "text, text, INT -> INT", "fl_locate({0}, {1}, {2})",
)  # fmt: skip
scalar("PARSE_URL", "text, text, text? -> STRING?", "yb_fl_parse_url({0}, {1}, {2|''})")
scalar("REVERSE", "text -> STRING?", "reverse({0})")
scalar("SPLIT_INDEX", "text, text, INT -> STRING?", "fl_split_index({0}, {1}, {2})",
       "text, INT, INT -> STRING?", "fl_split_index({0}, chr({1}), {2})")  # fmt: skip
scalar("SPLIT", "text, text -> ARRAY<STRING>", "CASE WHEN {0} = '' THEN [] ELSE string_split({0}, {1}) END")
scalar(
    "STR_TO_MAP", "text -> MAP<STRING, STRING>?", _str_to_map, "text, text, text -> MAP<STRING, STRING>?", _str_to_map
)
scalar("TRANSLATE TRANSLATE3", "text, text?, text? -> STRING", "fl_translate({0}, {1}, {2})")
scalar("ELT", "INT, T, T?* -> T?", _elt)
scalar("STARTSWITH", "text, text -> BOOLEAN", "starts_with({0}, {1})")
scalar("ENDSWITH", "text, text -> BOOLEAN", "suffix({0}, {1})")
scalar("PRINTF", "text, any?* -> STRING?", _printf)
scalar("URL_ENCODE", "text -> STRING?", "yb_fl_url_encode({0})")
scalar("URL_DECODE", "text -> STRING?", "yb_fl_url_decode({0})")
scalar("INET_ATON", "text -> BIGINT?", "yb_fl_inet_aton({0})")
scalar(
    "INET_NTOA", "BIGINT -> STRING?",
    "fl_inet_ntoa({0})",
)  # fmt: skip
scalar("IS_ALPHA", "text -> BOOLEAN!", "coalesce(regexp_full_match({0}, '\\p{L}+'), FALSE)")
scalar("IS_DIGIT", "text -> BOOLEAN!", "coalesce(regexp_full_match({0}, '\\p{Nd}+'), FALSE)")
scalar("IS_DECIMAL", "text -> BOOLEAN!", "coalesce(TRY_CAST({0} AS DOUBLE) IS NOT NULL, FALSE)")
