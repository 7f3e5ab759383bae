"""to_char and its kin, and what a session says of itself."""

from yunbox.sql.hologres.catalogue.types import NAME, TEXT, TIMESTAMPTZ
from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.expr import Expr, build, once, quoted
from yunbox.sql.hologres.natives.formats import strftime_of
from yunbox.sql.hologres.natives.moment_nodes import nodes_of
from yunbox.sql.hologres.rendering.casts import instant, local
from yunbox.sql.hologres.rendering.registry import Call, rendered, templates
from yunbox.sql.hologres.version import HOLOGRES

templates("""
to_date(text,text) = hg_date(hg_read_day({0}, {1}))
to_char(int4,text) = hg_whole_by({0}, {1})
to_char(int8,text) = hg_number_by(CAST({0} AS VARCHAR), {1})
to_char(float4,text) = hg_float4_by(CAST({0} AS DOUBLE), {1})
to_char(float8,text) = hg_float8_by({0}, {1})
to_char(interval,text) = hg_span_by(hg_parts({0}), {1})
to_char(numeric,text) = hg_number_by({0}, {1})
to_number(text,text) = hg_read_number({0}, {1})
""")


@rendered("to_char(timestamp,text)", "to_char(timestamptz,text)")
def _shown(call: Call) -> str:
    """By DuckDB where it writes the same: moments of years with four digits, by patterns of the usual fields."""
    zoned, pattern = call.args[0].type == TIMESTAMPTZ, call.args[1].value
    rest = f"{call[1]}, {quoted(call.session.token)}"
    quick = strftime_of(pattern) if isinstance(pattern, str) and pattern else None
    if quick is None:
        return f"hg_to_char(hg_us({call[0]}), {rest}, {str(zoned).lower()})"

    def shown(v: str) -> str:
        inside = f"{v} BETWEEN TIMESTAMP '1000-01-01' AND TIMESTAMP '9999-12-31'"
        slow = f"hg_to_char(hg_us({v}), {rest}, false)"  # no zone is shown
        return f"(CASE WHEN {inside} THEN strftime({v}, {quoted(quick)}) ELSE {slow} END)"

    return once(local(call[0], call.session) if zoned else call[0], shown)


@rendered("to_timestamp(text,text)")
def _read(call: Call) -> str:
    """By the clock of the session's zone, or of the one that the pattern has read."""
    pattern = call.args[1].value
    if isinstance(pattern, str) and any(node.name in ("TZH", "TZM") for node in nodes_of(pattern)):
        return f"hg_timestamp(hg_read_instant({call.all()}))"
    return instant(f"hg_timestamp(hg_read_moment({call.all()}))", call.session)


# -- the session


def _name(value: str) -> str:
    return f"CAST({quoted(value)} AS VARCHAR)"


@rendered("current_database()")
def _database(call: Call) -> str:
    return _name(call.session.database)


@rendered("current_user()", "getpgusername()")
def _user(call: Call) -> str:
    return _name(call.session.user)


@rendered("session_user()")
def _session_user(call: Call) -> str:
    return _name(call.session.session_user or call.session.user)


@rendered("version()")
def _version(call: Call) -> str:
    return _name(call.session.server_version)


@rendered("hg_version()")
def _hg_version(call: Call) -> str:
    return quoted(f"{HOLOGRES}, compatible with {call.session.server_version}")


@rendered("instance_max_connections()")
def _connections_max(call: Call) -> str:
    return f"CAST({quoted(call.session.settings.get('max_connections', '100'))} AS INTEGER)"


@rendered("pg_backend_pid()")
def _process(call: Call) -> str:
    return f"CAST({call.session.process} AS INTEGER)"


@rendered("hg_fixed_conn_id()")
def _connection(call: Call) -> str:
    """A connection is the same whether or not it is one for fixed plans alone, so it has one number."""
    return f"CAST({call.session.process} AS BIGINT)"


@rendered("current_schema()")
def _schema(call: Call) -> Expr:
    path = call.session.schemas
    return build(_name(path[0]) if path else "CAST(NULL AS VARCHAR)", NAME, ())


@rendered("current_schemas(bool)")
def _schemas(call: Call) -> str:
    implicit = call.args[0].value
    if not isinstance(implicit, bool):
        raise unsupported("current_schemas of no constant")
    path = call.session.schemas
    listed = ["pg_catalog", *path] if implicit and "pg_catalog" not in path else list(path)
    return "CAST([{}] AS VARCHAR[])".format(", ".join(map(quoted, listed)))


@rendered("current_setting(text)", "current_setting(text,bool)")
def _setting(call: Call) -> Expr:
    name = call.args[0].value
    if not isinstance(name, str):
        return _any_setting(call)
    value = call.session.settings.get(name.lower())
    if value is None and not (len(call.args) > 1 and call.args[1].value is True):
        raise error("42704", f'unrecognized configuration parameter "{name}"', call.args[0].at)
    return build("CAST(NULL AS VARCHAR)" if value is None else _name(value), TEXT, call.args)


def _any_setting(call: Call) -> Expr:
    """The value of a setting whose name is known when the statement runs."""
    given = f"lower({call[0]})"
    whens = " ".join(f"WHEN {quoted(name)} THEN {quoted(value)}" for name, value in call.session.settings.items())
    missing = f"error('PG42704: unrecognized configuration parameter \"' || {call[0]} || '\"')"
    if len(call.args) > 1:
        missing = f"CASE WHEN {call[1]} THEN NULL ELSE {missing} END"
    return build(f"CASE {given} {whens} ELSE CASE WHEN {given} IS NOT NULL THEN {missing} END END", TEXT, call.args)


@rendered("set_config(text,text,bool)")
def _set_setting(call: Call) -> Expr:
    """A setting that is set when the statement runs; it has to be known beforehand."""
    name, value, local = (one.value for one in call.args)
    if not (isinstance(name, str) and isinstance(value, str) and isinstance(local, bool)):
        raise unsupported("set_config of no constants")
    call.session.assigned.append((name, value, local))
    return build(_name(value), TEXT, call.args)
