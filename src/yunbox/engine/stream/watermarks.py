"""A source's watermark: the least of its parts', of which those that have been silent for long do not count.

Silence is measured by a steady clock: if the machine's clock is set forward, no part has been silent for that.
"""

from yunbox.engine.stream.operators.operator import NEVER


class Watermarks:
    """Of one source. ``idle_ms`` is the silence after which a part does not hold the others back; 0 is for ever."""

    def __init__(self, idle_ms: int) -> None:
        self._idle_ms = idle_ms
        self._highest: dict[str, int] = {}
        self._heard: dict[str, int] = {}
        self.current = NEVER

    def note(self, shard: str, highest_ms: int | None, steady_ms: int) -> None:
        """Rows of a part have come, of which the latest is of some time."""
        self._heard[shard] = steady_ms
        if highest_ms is not None:
            self._highest[shard] = max(highest_ms, self._highest.get(shard, NEVER))

    def advance(self, shards: list[str], steady_ms: int) -> int:
        """The watermark now; it does not go back."""
        active = [one for one in shards if not self._is_idle(one, steady_ms)]
        if active:
            self.current = max(self.current, min(self._highest.get(one, NEVER) for one in active))
        elif self._highest and shards:  # all are silent: what the latest of them said holds
            self.current = max(self.current, max(self._highest.values()))
        return self.current

    def _is_idle(self, shard: str, steady_ms: int) -> bool:
        heard = self._heard.setdefault(shard, steady_ms)
        return bool(self._idle_ms) and steady_ms - heard >= self._idle_ms

    def state(self) -> dict[str, int]:
        """What is to be kept."""
        return dict(self._highest)

    def restore(self, state: dict[str, int], current: int) -> None:
        """What was kept."""
        self._highest, self.current = dict(state), current
