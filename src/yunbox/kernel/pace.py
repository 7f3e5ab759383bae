"""How fast something may come: who is ahead of its rate waits, or is refused."""

from collections import OrderedDict
from collections.abc import Callable

_BURST_S = 1.0
_KEPT_MAX = 20_000


class Pace:
    """How far each of many is ahead of its rate, as a time; those that have waited longest are forgotten first.

    One that is not ahead needs no memory, so forgetting it changes nothing.
    """

    def __init__(self, rate_s: float, now: Callable[[], float]) -> None:
        self.rate_s = rate_s
        self._now = now
        self._ahead: OrderedDict[object, float] = OrderedDict()

    def wait_s(self, name: object) -> float:
        """How long until another may come; 0 for at once."""
        return max(self._ahead.get(name, 0.0) - self._now() - _BURST_S, 0.0)

    def take(self, name: object, amount: float = 1.0) -> None:
        """Count what has come."""
        now = self._now()
        self._ahead[name] = max(self._ahead.get(name, 0.0), now) + amount / self.rate_s
        self._ahead.move_to_end(name)
        while self._ahead and (len(self._ahead) > _KEPT_MAX or next(iter(self._ahead.values())) <= now):
            self._ahead.popitem(last=False)

    def __len__(self) -> int:
        return len(self._ahead)
