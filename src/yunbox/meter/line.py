"""A line of a tally."""

import msgspec


class Line(msgspec.Struct, array_like=True, frozen=True):
    """One call's use of some items, or that of several calls of a kind."""

    hour: int
    account_id: str
    principal: str
    project: str
    operation: str
    items: dict[str, float]
    calls: int = 1
