"""Usage that finds no room on the disk: it waits in memory, added up, and is not forgotten silently."""

import msgspec

from yunbox.meter.line import Line

_SUMS_MAX = 10_000
Key = tuple[int, str, str, str, str, tuple[str, ...]]


class Held:
    """Lines that wait, as sums by hour, caller, operation and items. Of more sums than there may be, the calls are
    counted as ``lost``. What waits does not outlive its process."""

    def __init__(self) -> None:
        self._sums: dict[Key, Line] = {}
        self.lost = 0

    def __len__(self) -> int:
        return len(self._sums)

    @property
    def calls(self) -> int:
        """How many calls wait."""
        return sum(one.calls for one in self._sums.values())

    def add(self, line: Line) -> None:
        """Have a line wait, or count its calls as lost."""
        key = line.hour, line.account_id, line.principal, line.project, line.operation, tuple(sorted(line.items))
        before = self._sums.get(key)
        if before is None and len(self._sums) >= _SUMS_MAX:
            self.lost += line.calls
            return
        if before is not None:
            items = {item: quantity + before.items[item] for item, quantity in line.items.items()}
            line = msgspec.structs.replace(line, items=items, calls=line.calls + before.calls)
        self._sums[key] = line

    def first(self) -> Line:
        """One that waits; ``forget_first`` once it is written."""
        return next(iter(self._sums.values()))

    def forget_first(self) -> None:
        """It waits no more."""
        del self._sums[next(iter(self._sums))]
