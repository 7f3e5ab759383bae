"""Functions of orafce: see ``natives/oracle.py``."""

from dataclasses import replace

from yunbox.sql.hologres.expr import Expr, text
from yunbox.sql.hologres.rendering.aggregates import joined
from yunbox.sql.hologres.rendering.registry import Call, rendered, templates

templates("""
add_months(date,int4) = hg_date(hg_add_months(hg_days({0}), {1}))
oracle_last_day(date) = hg_date(hg_last_day(hg_days({0})))
next_day(date,text) = hg_date(hg_next_day(hg_days({0}), {1}))
next_day(date,int4) = hg_date(hg_next_weekday(hg_days({0}), {1}))
instr(text,text) = hg_instr({0}, {1}, 1, 1)
instr(text,text,int4) = hg_instr({0}, {1}, {2}, 1)
instr(text,text,int4,int4) = hg_instr({0}, {1}, {2}, {3})
plvstr.rvrs(text) = hg_rvrs({0}, 1, -1)
plvstr.rvrs(text,int4) = hg_rvrs({0}, {1}, -1)
plvstr.rvrs(text,int4,int4) = hg_rvrs({0}, {1}, {2})
""")


@rendered("listagg(text)", "listagg(text,text)")
def _listed(call: Call) -> str | Expr:
    separator = call.args[1] if len(call.args) > 1 else text("")
    return joined(replace(call, args=(call.args[0], separator)))
