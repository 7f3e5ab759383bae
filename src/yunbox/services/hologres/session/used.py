"""What the statement that runs has used, for those who know it and not the call: on the bill when it has succeeded."""

from contextvars import ContextVar

from yunbox.kernel.call import Usage

COMPUTE = "hologres.compute"
"""Seconds of one core, which is the processor of one of the vendor's compute units."""
_USAGE: ContextVar[Usage | None] = ContextVar("usage", default=None)


def runs(usage: Usage) -> None:
    """From here on a statement runs whose usage this is."""
    _USAGE.set(usage)


def computed(seconds: float) -> None:
    """The engine has worked so long for the statement."""
    usage = _USAGE.get()
    if usage is not None and seconds > 0:
        usage.items[COMPUTE] = usage.items.get(COMPUTE, 0.0) + seconds
