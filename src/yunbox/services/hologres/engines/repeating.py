"""A text that a session asks again: it has the plan of before, as long as it would have the same one now."""

from collections.abc import Awaitable, Callable, Sequence

from yunbox.services.hologres.engines.planning import Computed
from yunbox.services.hologres.engines.remote import Remote
from yunbox.services.hologres.session.ports import Context, Plan

_LETTERS_MAX = 8192
"""Plans of longer texts are not kept."""
Planning = Callable[[str, Sequence[int], Context], Awaitable[Plan]]


async def repeated(text: str, types: Sequence[int], context: Context, engine: Remote, planning: Planning) -> Plan:
    """What a statement is: as it was planned before, or as ``planning`` has it. Raises PgError."""
    key = text, tuple(types)
    before = context.plans.find(key)
    again = engine.repeated(before, context) if before is not None else None
    if again is not None:
        return again
    plan = await planning(text, types, context)
    if isinstance(plan.payload, Computed) and plan.payload.is_kept and len(text) <= _LETTERS_MAX:
        if before is not None and before.payload.is_lasting is False:
            plan.payload.is_lasting = False  # nor will it be another time: it is not looked at each time
        context.plans.keep(key, plan)
    return plan
