"""Texts, bytes, bit strings and patterns: operators and functions."""

from yunbox.sql.hologres.catalogue.types import BPCHAR, INET, TEXT
from yunbox.sql.hologres.expr import Expr
from yunbox.sql.hologres.natives.common_patterns import is_common
from yunbox.sql.hologres.natives.stopping import STATEMENT
from yunbox.sql.hologres.rendering import casts
from yunbox.sql.hologres.rendering.registry import Call, rendered, templates

templates(r"""
textcat(text,text) = ({0} || {1})
lower(text) = hg_lower({0})
upper(text) = hg_upper({0})
initcap(text) = hg_initcap({0})
length(text) = CAST(length({0}) AS INTEGER)
length(bpchar) = CAST(length(rtrim({0}, ' ')) AS INTEGER)
char_length(text) = CAST(length({0}) AS INTEGER)
char_length(bpchar) = CAST(length(rtrim({0}, ' ')) AS INTEGER)
character_length(text) = CAST(length({0}) AS INTEGER)
character_length(bpchar) = CAST(length(rtrim({0}, ' ')) AS INTEGER)
textlen(text) = CAST(length({0}) AS INTEGER)
octet_length(text) = CAST(strlen({0}) AS INTEGER)
octet_length(bpchar) = CAST(strlen({0}) AS INTEGER)
octet_length(bytea) = CAST(octet_length({0}) AS INTEGER)
length(bytea) = CAST(octet_length({0}) AS INTEGER)
bit_length(text) = CAST(strlen({0}) * 8 AS INTEGER)
bit_length(bytea) = CAST(octet_length({0}) * 8 AS INTEGER)
substring(text,int4) = substr({0}, CASE WHEN {1} < 1 THEN 1 ELSE {1} END)
substr(text,int4) = substr({0}, CASE WHEN {1} < 1 THEN 1 ELSE {1} END)
substring(text,int4,int4) = hg_substring({0}, {1}, {2})
substr(text,int4,int4) = hg_substring({0}, {1}, {2})
substring(bytea,int4,int4) = hg_substring_bytes({0}, {1}, {2})
substr(bytea,int4,int4) = hg_substring_bytes({0}, {1}, {2})
substring(bytea,int4) = hg_substring_bytes({0}, CASE WHEN {1} < 1 THEN 1 ELSE {1} END, 1073741824)
substr(bytea,int4) = hg_substring_bytes({0}, CASE WHEN {1} < 1 THEN 1 ELSE {1} END, 1073741824)
left(text,int4) = left({0}, CAST({1} AS BIGINT))
right(text,int4) = CASE WHEN {1} = -2147483648 THEN {0} ELSE right({0}, CAST({1} AS BIGINT)) END
position(text,text) = CAST(strpos({0}, {1}) AS INTEGER)
strpos(text,text) = CAST(strpos({0}, {1}) AS INTEGER)
position(bytea,bytea) = hg_position_bytes({0}, {1})
btrim(text) = trim({0}, ' ')
ltrim(text) = ltrim({0}, ' ')
rtrim(text) = rtrim({0}, ' ')
btrim(text,text) = trim({0}, {1})
ltrim(text,text) = ltrim({0}, {1})
rtrim(text,text) = rtrim({0}, {1})
btrim(bytea,bytea) = hg_btrim_bytes({0}, {1})
ltrim(bytea,bytea) = hg_ltrim_bytes({0}, {1})
rtrim(bytea,bytea) = hg_rtrim_bytes({0}, {1})
lpad(text,int4) = hg_lpad({0}, {1}, ' ', {statement})
rpad(text,int4) = hg_rpad({0}, {1}, ' ', {statement})
lpad(text,int4,text) = hg_lpad({0}, {1}, {2}, {statement})
rpad(text,int4,text) = hg_rpad({0}, {1}, {2}, {statement})
repeat(text,int4) = hg_repeat({0}, {1}, {statement})
replace(text,text,text) = hg_replace({0}, {1}, {2})
reverse(text) = array_to_string(list_reverse(string_split({0}, '')), '')
overlay(text,text,int4) = hg_overlay({0}, {1}, {2}, CAST(length({1}) AS INTEGER))
overlay(text,text,int4,int4) = hg_overlay({0}, {1}, {2}, {3})
split_part(text,text,int4) = hg_split_part({0}, {1}, {2})
translate(text,text,text) = hg_translate({0}, {1}, {2})
ascii(text) = hg_ascii({0})
chr(int4) = hg_chr({0})
gen_random_uuid() = uuid()
host(inet) = split_part({0}, '/', 1)
starts_with(text,text) = starts_with({0}, {1})
encrypt(bytea,bytea,text) = hg_encrypt({0}, {1}, {2})
decrypt(bytea,bytea,text) = hg_decrypt({0}, {1}, {2})
quote_ident(text) = hg_quote_ident({0})
quote_literal(text) = hg_quote_literal({0})
quote_nullable(text) = hg_quote_nullable({0})
md5(text) = md5({0})
md5(bytea) = hg_md5({0})
sha224(bytea) = hg_sha224({0})
sha256(bytea) = hg_sha256({0})
sha384(bytea) = hg_sha384({0})
sha512(bytea) = hg_sha512({0})
encode(bytea,text) = hg_encode({0}, {1})
decode(text,text) = hg_decode({0}, {1})
set_bit(bytea,int8,int4) = hg_set_bit({0}, {1}, {2})
set_byte(bytea,int4,int4) = hg_set_byte({0}, {1}, {2})
bit_count(bytea) = hg_bit_count({0})
bit_count(bit) = CAST(length(replace({0}, '0', '')) AS BIGINT)
get_bit(bit,int4) = hg_bit_of_bits({0}, {1})
set_bit(bit,int4,int4) = hg_set_bit_of_bits({0}, {1}, {2})
substring(bit,int4) = hg_substring_bits({0}, CASE WHEN {1} < 1 THEN 1 ELSE {1} END, 1073741824)
substring(bit,int4,int4) = hg_substring_bits({0}, {1}, {2})
position(bit,bit) = CAST(strpos({0}, {1}) AS INTEGER)
overlay(bytea,bytea,int4) = hg_overlay_bytes({0}, {1}, {2}, CAST(octet_length({1}) AS INTEGER))
overlay(bytea,bytea,int4,int4) = hg_overlay_bytes({0}, {1}, {2}, {3})
overlay(bit,bit,int4) = hg_overlay({0}, {1}, {2}, CAST(length({1}) AS INTEGER))
overlay(bit,bit,int4,int4) = hg_overlay({0}, {1}, {2}, {3})
get_bit(bytea,int8) = hg_get_bit({0}, {1})
get_byte(bytea,int4) = hg_get_byte({0}, {1})
byteacat(bytea,bytea) = ({0} || {1})
convert_to(text,name) = hg_convert_to({0}, {1})
convert_from(bytea,name) = hg_convert_from({0}, {1})
bitcat(varbit,varbit) = ({0} || {1})
bitand(bit,bit) = hg_bit_and({0}, {1})
bitor(bit,bit) = hg_bit_or({0}, {1})
bitxor(bit,bit) = hg_bit_xor({0}, {1})
bitnot(bit) = translate({0}, '01', '10')
bitshiftleft(bit,int4) = hg_shift_bits({0}, {1})
bitshiftright(bit,int4) = hg_shift_bits_right({0}, {1})
length(bit) = CAST(length({0}) AS INTEGER)
bit_length(bit) = CAST(length({0}) AS INTEGER)
octet_length(bit) = CAST((length({0}) + 7) // 8 AS INTEGER)
texticregexeq(text,text) = hg_regex({0}, {1}, 'i', {statement})
texticregexne(text,text) = (NOT hg_regex({0}, {1}, 'i', {statement}))
nameregexeq(name,text) = hg_regex({0}, {1}, '', {statement})
nameregexne(name,text) = (NOT hg_regex({0}, {1}, '', {statement}))
nameicregexeq(name,text) = hg_regex({0}, {1}, 'i', {statement})
nameicregexne(name,text) = (NOT hg_regex({0}, {1}, 'i', {statement}))
bpcharregexeq(bpchar,text) = hg_regex({0}, {1}, '', {statement})
bpcharregexne(bpchar,text) = (NOT hg_regex({0}, {1}, '', {statement}))
bpcharicregexeq(bpchar,text) = hg_regex({0}, {1}, 'i', {statement})
bpcharicregexne(bpchar,text) = (NOT hg_regex({0}, {1}, 'i', {statement}))
regexp_match(text,text) = hg_regex_match({0}, {1}, '')
regexp_match(text,text,text) = hg_regex_match({0}, {1}, {2})
regexp_matches(text,text) = hg_regex_matches({0}, {1}, '')
regexp_matches(text,text,text) = hg_regex_matches({0}, {1}, {2})
regexp_replace(text,text,text) = hg_regex_replace({0}, {1}, {2}, '')
regexp_replace(text,text,text,text) = hg_regex_replace({0}, {1}, {2}, {3})
regexp_split_to_array(text,text) = hg_regex_split({0}, {1}, '')
regexp_split_to_array(text,text,text) = hg_regex_split({0}, {1}, {2})
regexp_split_to_table(text,text) = hg_regex_split({0}, {1}, '')
regexp_split_to_table(text,text,text) = hg_regex_split({0}, {1}, {2})
regexp_count(text,text) = hg_regex_count({0}, {1}, 1, '')
regexp_count(text,text,int4) = hg_regex_count({0}, {1}, {2}, '')
regexp_count(text,text,int4,text) = hg_regex_count({0}, {1}, {2}, {3})
regexp_substr(text,text) = hg_regex_substr({0}, {1}, 1, 1, '', 0)
regexp_substr(text,text,int4) = hg_regex_substr({0}, {1}, {2}, 1, '', 0)
regexp_substr(text,text,int4,int4) = hg_regex_substr({0}, {1}, {2}, {3}, '', 0)
regexp_substr(text,text,int4,int4,text) = hg_regex_substr({0}, {1}, {2}, {3}, {4}, 0)
regexp_substr(text,text,int4,int4,text,int4) = hg_regex_substr({0}, {1}, {2}, {3}, {4}, {5})
regexp_instr(text,text) = hg_regex_instr({0}, {1}, 1, 1, 0, '', 0)
regexp_instr(text,text,int4) = hg_regex_instr({0}, {1}, {2}, 1, 0, '', 0)
regexp_instr(text,text,int4,int4) = hg_regex_instr({0}, {1}, {2}, {3}, 0, '', 0)
regexp_instr(text,text,int4,int4,int4) = hg_regex_instr({0}, {1}, {2}, {3}, {4}, '', 0)
regexp_instr(text,text,int4,int4,int4,text) = hg_regex_instr({0}, {1}, {2}, {3}, {4}, {5}, 0)
regexp_instr(text,text,int4,int4,int4,text,int4) = hg_regex_instr({0}, {1}, {2}, {3}, {4}, {5}, {6})
regexp_replace(text,text,text,int4) = hg_regex_replace_from({0}, {1}, {2}, {3}, 1, '')
regexp_replace(text,text,text,int4,int4) = hg_regex_replace_from({0}, {1}, {2}, {3}, {4}, '')
regexp_replace(text,text,text,int4,int4,text) = hg_regex_replace_from({0}, {1}, {2}, {3}, {4}, {5})
regexp_like(text,text) = hg_regex({0}, {1}, '', {statement})
regexp_like(text,text,text) = hg_regex({0}, {1}, {2}, {statement})
substring(text,text) = hg_regex_substring({0}, {1})
similar_to_escape(text) = hg_similar({0}, NULL)
similar_to_escape(text,text) = CASE WHEN {1} IS NOT NULL THEN hg_similar({0}, {1}) END
bytealike(bytea,bytea) = hg_like_bytes({0}, {1})
byteanlike(bytea,bytea) = (NOT hg_like_bytes({0}, {1}))
like(bytea,bytea) = hg_like_bytes({0}, {1})
notlike(bytea,bytea) = (NOT hg_like_bytes({0}, {1}))
like_escape(text,text) = hg_like_escape({0}, {1})
string_to_array(text,text) = hg_to_array({0}, {1}, NULL)
string_to_array(text,text,text) = hg_to_array({0}, {1}, {2})
string_to_table(text,text) = hg_to_array({0}, {1}, NULL)
string_to_table(text,text,text) = hg_to_array({0}, {1}, {2})
""")

for _left in ("text", "name", "bpchar"):
    _short = "" if _left == "text" else _left
    for _name, _folded, _not in (("like", False, False), ("nlike", False, True),
                                 ("iclike", True, False), ("icnlike", True, True)):  # fmt: skip

        def _render(call: Call, folded: bool = _folded, negated: bool = _not) -> str:
            return _liked(call, folded, negated)

        rendered(f"{_left}{_name}({_left},text)")(_render)


@rendered("textregexeq(text,text)")
def _matches(call: Call) -> str:
    return _matched(call)


@rendered("textregexne(text,text)")
def _matches_not(call: Call) -> str:
    return f"(NOT {_matched(call)})"


def _matched(call: Call) -> str:
    """Whether a pattern matches: by DuckDB's own, for those that mean the same in every language of patterns."""
    pattern = call.args[1].value
    if isinstance(pattern, str) and is_common(pattern):
        return f"regexp_matches({call[0]}, {call[1]}, 's')"
    return f"hg_regex({call[0]}, {call[1]}, '', {STATEMENT})"


@rendered("like(text,text)", "like(name,text)")
def _like(call: Call) -> str:
    return _liked(call, False, False)


@rendered("notlike(text,text)", "notlike(name,text)")
def _not_like(call: Call) -> str:
    return _liked(call, False, True)


def _liked(call: Call, folded: bool, negated: bool) -> str:
    """LIKE: DuckDB's own, unless the pattern could end with an escape or cases are folded."""
    pattern = call.args[1].value
    if isinstance(pattern, str) and not folded and not pattern.endswith("\\"):
        sql = f"({call[0]} LIKE {call[1]} ESCAPE '\\')" if "\\" in pattern else f"({call[0]} LIKE {call[1]})"
    else:
        sql = f"hg_like({call[0]}, {call[1]}, {folded})"
        if isinstance(pattern, str) and pattern.isascii() and "\\" not in pattern:
            plain = f"strlen({call[0]}) = length({call[0]})"  # where letters have another case, all are of ASCII
            sql = f"(CASE WHEN {plain} THEN {call[0]} ILIKE {call[1]} ELSE {sql} END)"
    return f"(NOT {sql})" if negated else sql


def output(value: Expr, call: Call) -> str:
    """A value as its type's output function has it."""
    return casts.text(value, call.session)


@rendered("textanycat(text,anynonarray)")
def _text_and_any(call: Call) -> str:
    return f"({call[0]} || {_as_text(call.args[1], call)})"


@rendered("anytextcat(anynonarray,text)")
def _any_and_text(call: Call) -> str:
    return f"({_as_text(call.args[0], call)} || {call[1]})"


def _as_text(value: Expr, call: Call) -> str:
    """A value cast to text, which of BOOLEAN is the whole word."""
    if value.type == BPCHAR:
        return f"rtrim({value.sql}, ' ')"
    if value.type == INET:
        return f"hg_inet_text({value.sql})"
    if value.type == 16:
        return f"CAST({value.sql} AS VARCHAR)"
    return value.sql if value.type == TEXT else output(value, call)


@rendered("concat(any)")
def _concat(call: Call) -> str:
    parts = [f"coalesce({output(value, call)}, '')" for value in call.args]
    return f"({' || '.join(parts)})" if parts else "''"


@rendered("concat_ws(text,any)")
def _concat_ws(call: Call) -> str:
    items = ", ".join(output(value, call) for value in call.args[1:])
    return f"CASE WHEN {call[0]} IS NOT NULL THEN hg_join([{items}], {call[0]}, NULL) END"


@rendered("format(text,any)", "format(text)")
def _format(call: Call) -> str:
    items = ", ".join(output(value, call) for value in call.args[1:])
    return f"hg_format({call[0]}, CAST([{items}] AS VARCHAR[]), {STATEMENT})"


for _type in ("quote_literal", "quote_nullable"):

    @rendered(f"{_type}(anyelement)")
    def _quote_any(call: Call, name: str = _type) -> str:
        return f"hg_{name}({_as_text(call.args[0], call)})"


for _word, _symbol in (("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">=")):
    templates(f"text_pattern_{_word}(text,text) = ({{0}} {_symbol} {{1}})")
    templates(f"bpchar_pattern_{_word}(bpchar,bpchar) = (rtrim({{0}}, ' ') {_symbol} rtrim({{1}}, ' '))")


@rendered("parse_ident(text,bool)")
def _identifier_parts(call: Call) -> str:
    return f"hg_parse_ident({call[0]}, {call[1] if len(call.args) > 1 else 'true'})"
