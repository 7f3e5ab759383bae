"""What is asked of the system catalogue: names, definitions, privileges and sizes."""

from collections.abc import Callable

from yunbox.sql.hologres.catalogue.functions import FUNCTIONS, PROGRESS
from yunbox.sql.hologres.catalogue.rows import rows
from yunbox.sql.hologres.catalogue.types import (
    BOOL,
    INT4,
    INT8,
    OID,
    RECORD,
    REGTYPE,
    TEXT,
    TIMESTAMPTZ,
    TYPES,
    VECTORS,
    element_of,
)  # fmt: skip
from yunbox.sql.hologres.errors import unsupported
from yunbox.sql.hologres.expr import Expr, build, quoted
from yunbox.sql.hologres.rendering.registry import RENDERINGS, Call, rendered, templates

templates("""
format_type(oid,int4) = \
    CASE WHEN {0} IS NULL THEN NULL WHEN {0} = 0 THEN '-' \
    ELSE coalesce(hg_described('format_type', {0}, coalesce({1}, -2), {names}), '???') END
pg_get_userbyid(oid) = \
    coalesce(hg_described('pg_get_userbyid', {0}, 0, {names}), 'unknown (OID=' || CAST({0} AS VARCHAR) || ')')
pg_table_is_visible(oid) = CAST(hg_described('pg_table_is_visible', {0}, 0, {names}) AS BOOLEAN)
pg_type_is_visible(oid) = CAST(hg_described('pg_type_is_visible', {0}, 0, {names}) AS BOOLEAN)
pg_get_indexdef(oid) = hg_described('pg_get_indexdef', {0}, 0, {names})
pg_get_indexdef(oid,int4,bool) = hg_described('pg_get_indexdef', {0}, {1}, {names})
pg_get_constraintdef(oid) = hg_described('pg_get_constraintdef', {0}, 0, {names})
pg_get_constraintdef(oid,bool) = hg_described('pg_get_constraintdef', {0}, 0, {names})
pg_get_expr(pg_node_tree,oid) = {0}
pg_get_expr(pg_node_tree,oid,bool) = {0}
pg_get_viewdef(oid) = hg_described('pg_get_viewdef', {0}, 0, {names})
pg_get_viewdef(oid,bool) = hg_described('pg_get_viewdef', {0}, 0, {names})
pg_get_viewdef(oid,int4) = hg_described('pg_get_viewdef', {0}, 0, {names})
pg_get_viewdef(text) = hg_described('pg_get_viewdef', hg_named_reg('regclass', {0}, {names}), 0, {names})
pg_get_viewdef(text,bool) = hg_described('pg_get_viewdef', hg_named_reg('regclass', {0}, {names}), 0, {names})
pg_get_ruledef(oid) = hg_described('pg_get_ruledef', {0}, 0, {names})
pg_get_ruledef(oid,bool) = hg_described('pg_get_ruledef', {0}, 0, {names})
pg_get_partkeydef(oid) = hg_described('pg_get_partkeydef', {0}, 0, {names})
pg_get_function_arguments(oid) = hg_described('pg_get_function_arguments', {0}, 0, {names})
pg_get_function_identity_arguments(oid) = hg_described('pg_get_function_arguments', {0}, 1, {names})
pg_get_function_result(oid) = hg_described('pg_get_function_result', {0}, 0, {names})
pg_get_serial_sequence(text,text) = hg_serial_sequence({0}, {1}, {names})
pg_stat_get_live_tuples(oid) = CAST(hg_described('rows', {0}, 0, {names}) AS BIGINT)
pg_stat_get_analyze_count(oid) = CAST(hg_described('analyze_count', {0}, 0, {names}) AS BIGINT)
pg_stat_get_last_analyze_time(oid) = make_timestamp(CAST(hg_described('last_analyze', {0}, 0, {names}) AS BIGINT))
pg_stat_get_autoanalyze_count(oid) = CAST(hg_described('auto_analyze_count', {0}, 0, {names}) AS BIGINT)
pg_stat_get_last_autoanalyze_time(oid) = \
make_timestamp(CAST(hg_described('last_auto_analyze', {0}, 0, {names}) AS BIGINT))
pg_stat_get_mod_since_analyze(oid) = CAST(hg_described('changed_rows', {0}, 0, {names}) AS BIGINT)
user_display_name(text) = hg_display_name({0}, {names})
hg_display_name_to_id(text) = hg_display_id({0}, {names})
pg_size_pretty(int8) = hg_size_pretty(CAST({0} AS VARCHAR))
pg_size_pretty(numeric) = hg_size_pretty({0})
getdatabaseencoding() = 'UTF8'
pg_advisory_unlock_all() = ''
obj_description(oid,name) = hg_described('obj_description', {0}, \
    CAST(coalesce(hg_to_reg('regclass', 'pg_catalog.' || {1}, {names}), 0) AS INTEGER), {names})
shobj_description(oid,name) = CAST(NULL AS VARCHAR)
col_description(oid,int4) = hg_described('col_description', {0}, {1}, {names})
pg_describe_object(oid,oid,int4) = CAST(CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL AND {2} IS NOT NULL \
    THEN error('PG0A000: pg_describe_object of something that is there is not supported') END AS VARCHAR)
hg_dump_script(text) = hg_described('hg_dump_script', hg_named_reg('regclass', {0}, {names}), 0, {names})
hg_shard_id_for_distribution_key(text,any) = \
    CASE WHEN hg_named_reg('regclass', {0}, {names}) > 0 THEN CAST(0 AS INTEGER) END
hologres.hg_internal_refresh_meta(int4) = CASE WHEN {0} IS NOT NULL THEN '' END
hologres.hg_internal_check_table_meta(text) = \
    CASE WHEN hg_named_reg('regclass', {0}, {names}) > 0 THEN 'Check meta succeeded' END
hologres.hg_relation_size(regclass) = CAST(hg_described('size', {0}, 0, {names}) AS BIGINT)
pg_relation_size(regclass) = CAST(hg_described('size', {0}, 0, {names}) AS BIGINT)
pg_relation_size(regclass,text) = CASE WHEN {1} = 'main' THEN CAST(hg_described('size', {0}, 0, {names}) AS BIGINT) \
    WHEN {1} IN ('fsm', 'vm', 'init') THEN CAST(0 AS BIGINT) \
    WHEN {1} IS NOT NULL THEN error('PG22023: invalid fork name') END
pg_table_size(regclass) = CAST(hg_described('size', {0}, 0, {names}) AS BIGINT)
pg_total_relation_size(regclass) = CAST(hg_described('size', {0}, 0, {names}) AS BIGINT)
pg_indexes_size(regclass) = CASE WHEN {0} IS NOT NULL THEN CAST(0 AS BIGINT) END
pg_tablespace_location(oid) = CASE WHEN {0} IS NOT NULL THEN '' END
pg_client_encoding() = 'UTF8'
pg_is_in_recovery() = false
pg_my_temp_schema() = CAST(0 AS UINTEGER)
pg_is_other_temp_schema(oid) = CASE WHEN {0} IS NOT NULL THEN false END
pg_relation_is_publishable(regclass) = CASE WHEN {0} IS NOT NULL THEN false END
pg_relation_filenode(regclass) = {0}
pg_column_is_updatable(regclass,int2,bool) = CAST(hg_described('is_updatable', {0}, {1}, {names}) AS BOOLEAN)
row_security_active(oid) = CASE WHEN {0} IS NOT NULL THEN false END
row_security_active(text) = CASE WHEN hg_named_reg('regclass', {0}, {names}) > 0 THEN false END
pg_jit_available() = false
pg_trigger_depth() = CAST(0 AS INTEGER)
""")
templates("""\
pg_database_size(oid) = CAST(hg_described('database_size', nullif({0}, 0), 0, {names}) AS BIGINT)
pg_database_size(name) = \
    CAST(hg_described('database_size', hg_named_reg('database', {0}, {names}), 0, {names}) AS BIGINT)
""")
for _of in ("pg_tablespace_size(oid)", "pg_tablespace_size(name)"):
    templates(
        f"{_of} = CASE WHEN {{0}} IS NOT NULL THEN CAST(hg_described('database_size', 0, 0, {{names}}) AS BIGINT) END"
    )
for _reg in ("class", "type", "namespace", "role", "proc", "procedure"):
    templates(f"to_reg{_reg}(text) = hg_to_reg('reg{_reg}', {{0}}, {{names}})")
for _what in ("collation", "conversion", "function", "opclass", "operator", "opfamily", "statistics_obj", "ts_config",
              "ts_dict", "ts_parser", "ts_template"):  # fmt: skip
    templates(f"pg_{_what}_is_visible(oid) = CASE WHEN {{0}} IS NOT NULL THEN true END")


@rendered("pg_options_to_table(_text)")
def _options(call: Call) -> Expr:
    fields = (("option_name", Expr("f1", TEXT)), ("option_value", Expr("f2", TEXT)))
    pair = "{'f1': split_part(v, '=', 1), 'f2': nullif(substr(v, strpos(v, '=') + 1), '')}"
    return build(f"[{pair} FOR v IN {call[0]}]", RECORD, call.args, fields=fields)


@rendered("aclexplode(_aclitem)")
def _exploded(call: Call) -> Expr:
    """Each privilege of an ACL as a row."""
    fields = (("grantor", Expr("f1", OID)), ("grantee", Expr("f2", OID)), ("privilege_type", Expr("f3", TEXT)),
              ("is_grantable", Expr("f4", BOOL)))  # fmt: skip
    parts = ", ".join(f"'f{at}': {part}" for at, part in enumerate((
        "CAST(split_part(v, ' ', 1) AS UINTEGER)", "CAST(split_part(v, ' ', 2) AS UINTEGER)", "split_part(v, ' ', 3)",
        "split_part(v, ' ', 4) = 't'"), 1))  # fmt: skip
    texts = f"hg_aclexplode(CAST(to_json({call[0]}) AS VARCHAR), {quoted(call.session.names)})"
    items = f"[{{{parts}}} FOR v IN string_split({texts}, ',') IF v <> '']"
    return build(items, RECORD, call.args, fields=fields)


@rendered("hg_table_storage_status(text,text)")
def _storage_status(call: Call) -> Expr:
    """A table, or each of its partitions, with the bytes of each tier."""
    fields = (("table_name", Expr("f1", TEXT)), ("hot_size", Expr("f2", INT8)), ("cold_size", Expr("f3", INT8)),
              ("status", Expr("f4", TEXT)))  # fmt: skip
    struct = '[{"f1": "VARCHAR", "f2": "BIGINT", "f3": "BIGINT", "f4": "VARCHAR"}]'
    found = f"hg_storage_status({call[0]}, {call[1]}, {quoted(call.session.names)})"
    return build(f"from_json({found}, {quoted(struct)})", RECORD, call.args, fields=fields)


@rendered("hologres.rebuild_progress(text)")
def _progress(call: Call) -> Expr:
    """Each step of a rebuild. Times come in microseconds."""
    of = {TEXT: "VARCHAR", INT4: "INTEGER", TIMESTAMPTZ: "BIGINT"}
    fields = tuple((name, Expr(f"f{at}", oid)) for at, (name, oid) in enumerate(PROGRESS, 1))
    struct = ", ".join(f'"f{at}": "{of[oid]}"' for at, (_, oid) in enumerate(PROGRESS, 1))
    found = f"hg_rebuild_progress({call[0]}, {quoted(call.session.names)}, random())"
    parts = ", ".join(
        f"'f{at}': to_timestamp(v.f{at} / 1000000)" if oid == TIMESTAMPTZ else f"'f{at}': v.f{at}"
        for at, (_, oid) in enumerate(PROGRESS, 1)
    )
    listed = f"[{{{parts}}} FOR v IN from_json({found}, {quoted(f'[{{{struct}}}]')})]"
    return build(listed, RECORD, call.args, fields=fields)


_CURSOR = (("hg_shard_id", Expr("f1", INT4)), ("hg_binlog_lsn", Expr("f2", INT8)),
           ("hg_binlog_timestamp_us", Expr("f3", INT8)))  # fmt: skip


@rendered("hg_get_binlog_cursor(text,text,int4)")
def _binlog_end(call: Call) -> Expr:
    """The first or the last entry of a binlog."""
    return _binlog_cursor(call, f"hg_binlog_end({call[0]}, {call[1]}")


@rendered("hg_get_binlog_cursor_by_lsn(text,int8,int4)")
def _binlog_by_lsn(call: Call) -> Expr:
    """The first entry of a number or a later one."""
    return _binlog_cursor(call, f"hg_binlog_entry({call[0]}, 'lsn', {call[1]}")


@rendered("hg_get_binlog_cursor_by_timestamp(text,timestamptz,int4)")
def _binlog_by_timestamp(call: Call) -> Expr:
    """The first entry of a moment or a later one."""
    return _binlog_cursor(call, f"hg_binlog_entry({call[0]}, 'timestamp', epoch_us({call[1]})")


def _binlog_cursor(call: Call, begun: str) -> Expr:
    struct = '[{"f1": "INTEGER", "f2": "BIGINT", "f3": "BIGINT"}]'
    found = f"{begun}, {call[2]}, {quoted(call.session.names)}, random())"
    return build(f"from_json({found}, {quoted(struct)})", RECORD, call.args, fields=_CURSOR)


def _end(place: int, of: str) -> Callable[[Call], str]:
    """One of what there is to say of the connection's ends."""

    def render(call: Call) -> str:
        value = call.session.ends[place] if call.session.ends is not None else None
        return f"CAST({'NULL' if value is None else quoted(str(value))} AS {of})"

    return render


for _place, _what in enumerate(("server_addr", "server_port", "client_addr", "client_port")):
    rendered(f"inet_{_what}()")(_end(_place, "INTEGER" if _place % 2 else "VARCHAR"))


@rendered("pg_cancel_backend(int4)")
def _cancel(call: Call) -> str:
    return f"hg_signal({call[0]}, 'cancel', {quoted(call.session.names)}, random())"


@rendered("pg_terminate_backend(int4,int8)")
def _terminate(call: Call) -> str:
    """The end of a session, which is not waited for. Raises PgError 0A000 for one that is to be."""
    if len(call.args) > 1 and call.args[1].value != 0:
        raise unsupported("pg_terminate_backend with a timeout")
    return f"hg_signal({call[0]}, 'terminate', {quoted(call.session.names)}, random())"


@rendered("acldefault(char,oid)")
def _default_acl(call: Call) -> str:
    """What a thing of a kind has that has no ACL."""
    found = f"hg_described('acldefault', {call[1]}, ascii({call[0]}), {quoted(call.session.names)})"
    return f"CAST(from_json({found}, '[\"VARCHAR\"]') AS VARCHAR[])"


@rendered("information_schema._pg_expandarray(anyarray)")
def _expanded(call: Call) -> Expr:
    """The elements of an array with their places."""
    fields = (("x", Expr("f1", element_of(call.args[0].type))), ("n", Expr("f2", INT4)))
    items = f"[{{'f1': list_extract({call[0]}, i), 'f2': CAST(i AS INTEGER)}} FOR i IN range(1, len({call[0]}) + 1)]"
    return build(items, RECORD, call.args, fields=fields)


@rendered("ts_token_type(oid)")
def _token_types(call: Call) -> Expr:
    """What the one parser of texts that PostgreSQL comes with tells apart; there is no search in texts here."""
    names = [name for name, _ in call.function.outputs]
    fields = tuple((name, Expr(f"f{at}", INT4 if at == 1 else TEXT)) for at, name in enumerate(names, 1))
    items = ", ".join(f"{{'f1': CAST({number} AS INTEGER), 'f2': {quoted(alias)}, 'f3': {quoted(told)}}}"
                      for number, alias, told in rows("token_types"))  # fmt: skip
    parser = f"CAST({call[0]} AS BIGINT)"
    missing = f"error('PG22023: text search parser with OID ' || {parser} || ' does not exist')"
    sql = f"CASE WHEN {parser} = {_PARSER} THEN [{items}] WHEN {parser} IS NOT NULL THEN {missing} END"
    return build(sql, RECORD, call.args, fields=fields)


_PARSER = 3722
_ENCODINGS = (
    "SQL_ASCII", "EUC_JP", "EUC_CN", "EUC_KR", "EUC_TW", "EUC_JIS_2004", "UTF8", "MULE_INTERNAL",
    *(f"LATIN{number}" for number in range(1, 11)), "WIN1256", "WIN1258", "WIN866", "WIN874", "KOI8R", "WIN1251",
    "WIN1252", *(f"ISO_8859_{number}" for number in range(5, 9)), "WIN1250", "WIN1253", "WIN1254", "WIN1255", "WIN1257",
    "KOI8U", "SJIS", "BIG5", "GBK", "UHC", "GB18030", "JOHAB", "SHIFT_JIS_2004",
)  # fmt: skip
"""By PostgreSQL's numbers."""


@rendered("pg_encoding_to_char(int4)")
def _encoding(call: Call) -> str:
    whens = " ".join(f"WHEN {number} THEN '{name}'" for number, name in enumerate(_ENCODINGS))
    return f"CASE {call[0]} {whens} ELSE CASE WHEN {call[0]} IS NOT NULL THEN '' END END"


@rendered("pg_char_to_encoding(name)")
def _encoding_number(call: Call) -> str:
    whens = " ".join(f"WHEN '{name.lower().replace('_', '')}' THEN {at}" for at, name in enumerate(_ENCODINGS))
    plain = f"regexp_replace(lower({call[0]}), '[^a-z0-9]', '', 'g')"
    return f"CASE {plain} {whens} WHEN 'unicode' THEN 6 ELSE CASE WHEN {call[0]} IS NOT NULL THEN -1 END END"


@rendered("pg_typeof(any)")
def _type_of(call: Call) -> Expr:
    return build(f"CAST({call.args[0].type} AS UINTEGER)", REGTYPE, ())


def _granted(call: Call) -> str:
    """Privileges; each argument goes as ``=name`` or ``#number``, one that is not said as nothing."""
    kind = _kind(call.function.name)
    count = 2 + (kind == "column")
    said = [_said(one) for one in call.args[:-1]]
    role, *rest = said if len(call.args) > count else ["''", *said]
    column = rest[1] if kind == "column" else "''"
    return (
        f"hg_granted('{kind}', {role}, {rest[0]}, {column}, {call[len(call.args) - 1]}, {quoted(call.session.names)})"
    )


def _kind(name: str) -> str:
    return "role" if name == "pg_has_role" else name.removeprefix("has_").removesuffix("_privilege")


def _said(value: Expr) -> str:
    mark = "=" if TYPES[value.type].category == "S" else "#"
    return f"'{mark}' || CAST({value.sql} AS VARCHAR)"


for _function in FUNCTIONS.values():
    if _function.name.startswith("has_") and _function.name != "has_parameter_privilege":
        RENDERINGS[_function.key] = _granted
    if _function.name == "pg_has_role":
        RENDERINGS[_function.key] = _granted


@rendered("array_lower(anyarray,int4)")
def _lower(call: Call) -> str:
    first = 0 if call.args[0].type in VECTORS else 1
    return f"CASE WHEN {call[1]} = 1 AND len({call[0]}) > 0 THEN CAST({first} AS INTEGER) END"


@rendered("array_upper(anyarray,int4)")
def _upper(call: Call) -> str:
    last = f"len({call[0]}) - 1" if call.args[0].type in VECTORS else f"len({call[0]})"
    return f"CASE WHEN {call[1]} = 1 AND len({call[0]}) > 0 THEN CAST({last} AS INTEGER) END"


@rendered("generate_subscripts(anyarray,int4)", "generate_subscripts(anyarray,int4,bool)")
def _subscripts(call: Call) -> str:
    first, last = ("0", f"len({call[0]})") if call.args[0].type in VECTORS else ("1", f"len({call[0]}) + 1")
    found = f"range({first}, CAST({last} AS INTEGER))"
    if len(call.args) > 2:
        found = f"CASE WHEN {call[2]} THEN list_reverse({found}) WHEN NOT {call[2]} THEN {found} END"
    return f"CASE WHEN {call[1]} = 1 THEN {found} END"
