"""Funnels, retention and conditions as bits: what CREATE EXTENSION flow_analysis brings.

Sources: the vendor's pages "windowFunnel", "Retention functions" and "bit_construct and bit_match". What the pages do
not say is as in the function of ClickHouse that windowFunnel has its name, arguments and modes from: a row counts for
one step at most, and within the window is whatever comes no later than its length behind the first step. Rows of one
moment count in the order of the steps.
"""

from yunbox.sql.hologres.catalogue.own import CONDITIONS
from yunbox.sql.hologres.catalogue.types import BOOL, INT8, shown
from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.rendering.registry import CORE, Call, rendered, templates

_CONDITIONS_MAX = 32
_INTERVALS_MAX, _ABOVE = 15, 1 << 16
"""An entry of range_retention_count is the day of a first event, and below it a bit for each interval."""
_MANY = f"PG22023: range_retention_count takes {_INTERVALS_MAX} intervals at most"
_STEPS = {
    "day": ("{0}", "CAST({0} AS DATE) + {1}"),
    "week": ("date_trunc('week', {0})", "CAST({0} AS DATE) + 7 * {1}"),
    "month": ("date_trunc('month', {0})", "CAST(CAST({0} AS DATE) + to_months({1}) AS DATE)"),
}

templates("bit_match(text,int4) = hg_bit_match({0}, {1})")


def _conditions(call: Call, first: int) -> list[str]:
    """The conditions behind other arguments. Raises PgError 42883, 54023."""
    given = call.args[first:]
    for one in given:
        if one.type != BOOL and not one.is_null:
            listed = ", ".join(shown(arg.type) for arg in call.args)
            hint = "Its conditions are of type boolean."
            raise error("42883", f"function {call.function.name}({listed}) does not exist", one.at, hint=hint)
    if len(given) > _CONDITIONS_MAX:
        raise error("54023", f"{call.function.name} takes {_CONDITIONS_MAX} conditions at most", given[-1].at)
    return ["false" if one.is_null else f"coalesce({one.sql}, false)" for one in given]


def _constant(call: Call, at: int, what: str) -> str:
    """A text that must be known beforehand. Raises PgError 0A000."""
    one = call.args[at]
    if not isinstance(one.value, str):
        raise unsupported(f"{call.function.name} whose {what} is no constant", one.at)
    return one.value


def _fixed(call: Call, at: int, what: str) -> str:
    """An argument that no row decides. Raises PgError 0A000."""
    one = call.args[at]
    if one.levels:
        raise unsupported(f"{call.function.name} whose {what} is another in each row", one.at)
    return one.sql


def _bits(conditions: list[str]) -> str:
    return " | ".join(f"CASE WHEN {one} THEN {1 << at} ELSE 0 END" for at, one in enumerate(conditions)) or "0"


@rendered("windowfunnel(int8,text,timestamp,any)", "windowfunnel(int8,text,timestamptz,any)",
          "windowfunnel(int8,text,int8,any)")  # fmt: skip
def _funnel(call: Call) -> str:
    """The steps that are reached: rows in their order go through a list of where each step's chain began."""
    conditions, moment = _conditions(call, 3), call[2]
    length, mode = f"CAST({_fixed(call, 0, 'window')} AS HUGEINT)", _fixed(call, 1, "mode")
    if call.args[2].type != INT8:
        moment, length = f"hg_us({moment})", f"{length} * 1000000"
    first = " ".join(f"WHEN {one} THEN {at}" for at, one in enumerate(conditions))
    event = f"{{'t': CAST({moment} AS BIGINT), 'o': CASE {first} END, 'm': CAST({_bits(conditions)} AS BIGINT)}}"
    listed = f"{CORE}list(CASE WHEN ({' OR '.join(conditions)}) AND {call[2]} IS NOT NULL THEN {event} END)"
    null = "error('PG22004: windowfunnel: neither the window nor the mode may be null')"
    wrong = "error('PG22023: windowfunnel: the mode is default or strict')"
    strict = f"CASE {mode} WHEN 'strict' THEN true WHEN 'default' THEN false ELSE {wrong} END"
    level = _level(f"list_sort(list_filter({listed}, lambda e: e IS NOT NULL))", len(conditions))
    level = f"list_transform([{{'w': {length}, 's': {strict}}}], lambda p: {level})[1]"
    return f"CAST(CASE WHEN {length} IS NULL OR {mode} IS NULL THEN {null} ELSE {level} END AS INTEGER)"


def _level(events: str, steps: int) -> str:
    """The last step that events lead to, in a window ``p.w`` long; strictly if ``p.s``.

    The events go through a row of where the chain of each step so far began, ``l1`` to ``lN``, and in which ``stop``
    says at which step a strict one ended: where there is another row of a step that it has reached.
    """
    of = {at: f"e.m & {1 << at - 1} <> 0" for at in range(1, steps + 1)}
    reached = {at: f"s.l{at - 1} IS NOT NULL AND CAST(e.t AS HUGEINT) - s.l{at - 1} <= p.w" for at in of if at > 1}
    begun = [f"'l{at}': CASE WHEN s.stop IS NOT NULL OR NOT ({of[at]}) THEN s.l{at} "
             + ("ELSE e.t END" if at == 1 else f"WHEN {reached[at]} THEN s.l{at - 1} ELSE s.l{at} END")
             for at in of]  # fmt: skip
    again = [f"WHEN {of[at]} AND s.l{at} IS NOT NULL THEN {at}" for at in range(steps, 1, -1)]
    if steps > 1:
        again.insert(1, f"WHEN {of[steps]} AND {reached[steps]} THEN {steps}")
    stop = f"CASE WHEN NOT p.s THEN NULL WHEN s.stop IS NOT NULL THEN s.stop {' '.join(again)} END"
    first = ", ".join(f"'l{at}': CAST(NULL AS BIGINT)" for at in of)
    whole = (f"list_reduce({events}, lambda s, e: {{{', '.join(begun)}, 'stop': CAST({stop} AS INTEGER)}}, "
             f"{{{first}, 'stop': CAST(NULL AS INTEGER)}})")  # fmt: skip
    last = " ".join(f"WHEN r.l{at} IS NOT NULL THEN {at}" for at in reversed(of))
    return f"list_transform([{whole}], lambda r: coalesce(r.stop, CASE {last} ELSE 0 END))[1]"


@rendered("retention(any)")
def _retention(call: Call) -> str:
    """Whether there is a row of the first condition, and of each other one if so."""
    held = [f"coalesce({CORE}bool_or({one}), false)" for one in _conditions(call, 0)]
    items = ", ".join(f"CAST({held[0]} AND {one} AS INTEGER)" for one in held)
    return f"[{items}]"


@rendered("range_retention_count(bool,bool,date,_int4,text)", "range_retention_count(bool,bool,date,_int4,text,text)")
def _counted(call: Call) -> str:
    """The days of first events, each with a bit for every interval behind which there is another event."""
    step = _constant(call, 4, "granularity")
    if step not in _STEPS:
        raise error("22023", f"range_retention_count: the granularity is day, week or month, and not {step}")
    if len(call.args) > 5 and _constant(call, 5, "output format") != "normal":
        raise unsupported(f"range_retention_count in the format {call.args[5].value}", call.args[5].at)
    intervals = _fixed(call, 3, "intervals")
    unit, later = _STEPS[step]
    day = f"CAST({unit.format(call[2])} AS DATE)"
    first, active = (f"list_distinct({CORE}list(CASE WHEN {one} THEN {day} END))" for one in (call[0], call[1]))
    held = (f"CASE WHEN len(r.n) >= {at} AND list_contains(r.a, {later.format('d', f'r.n[{at}]')}) THEN {1 << at - 1} "
            f"ELSE 0 END" for at in range(1, _INTERVALS_MAX + 1))  # fmt: skip
    days = f"[CAST(hg_days(d) AS BIGINT) * {_ABOVE} + ({' | '.join(held)}) FOR d IN list_sort(r.f)]"
    taken = f"CASE WHEN len({intervals}) > {_INTERVALS_MAX} THEN error('{_MANY}') ELSE {intervals} END"
    return f"list_transform([{{'f': {first}, 'a': {active}, 'n': {taken}}}], lambda r: {days})[1]"


@rendered("range_retention_sum(_int8)")
def _summed(call: Call) -> str:
    return f"hg_retention(list_aggregate(flatten({CORE}list({call[0]})), 'histogram'))"


@rendered("bit_construct({})".format(",".join(["bool"] * len(CONDITIONS))))
def _constructed(call: Call) -> str:
    given = [(at, one) for at, one in enumerate(call.args) if not one.is_null]
    bits = (f"CASE WHEN {one.sql} THEN CAST({_bit(at)} AS INTEGER) ELSE 0 END" for at, one in given)
    return f"CAST({' | '.join(bits) or '0'} AS INTEGER)"


def _bit(at: int) -> int:
    """A bit of an integer, whose highest one is its sign."""
    return 1 << at if at < _CONDITIONS_MAX - 1 else -(1 << at)
