"""What the statement that runs has used, for those who know it and not the call: on the bill when it has succeeded."""

from contextvars import ContextVar

from yunbox.kernel.call import Usage

COMPUTE = "hologres.compute"
"""Seconds of one core, which is the processor of one of the vendor's compute units."""
_USAGE: ContextVar[Usage | None] = ContextVar("usage", default=None)


def runs(usage: Usage) -> None:
    """From here on a statement runs whose usage this is."""
    _USAGE.set(usage)


def used(item: str, quantity: float) -> None:
    """The statement has used so much of an item of the price book."""
    usage = _USAGE.get()
    if usage is not None and quantity > 0:
        usage.items[item] = usage.items.get(item, 0.0) + quantity


def computed(seconds: float) -> None:
    """The engine has worked so long for the statement."""
    used(COMPUTE, seconds)
