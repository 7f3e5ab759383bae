"""Units of time that partitions are for: their numbers, when they begin, and how names and values say them.

Source: the vendor's page "Dynamic partition management", "Table name generation rules".
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of time. ``months`` is how many it has, 0 for those that have a ``length`` instead.

    ``compact`` and ``dashed`` are its two forms: what each is called in ``auto_partitioning.time_format``. A year has
    one form.
    """

    name: str
    compact: str
    dashed: str
    shown: Callable[[datetime, str], str]
    pattern: str
    months: int = 0
    length: timedelta = timedelta()

    def number(self, moment: datetime) -> int:
        """The number of the unit that a moment of local time lies in."""
        if self.months:
            return (moment.year * 12 + moment.month - 1) // self.months
        return (moment - _EPOCH) // self.length

    def begins(self, number: int) -> datetime:
        """The first moment of a unit. Raises OverflowError, ValueError."""
        if not self.months:
            return _EPOCH + number * self.length
        year, month = divmod(number * self.months, 12)
        return datetime(year, month + 1, 1)

    def later(self, moment: datetime, count: int) -> datetime:
        """The same moment so many units later; the last day of a month that has fewer. Raises OverflowError."""
        if not self.months:
            return moment + count * self.length
        year, month = divmod(moment.year * 12 + moment.month - 1 + count * self.months, 12)
        day = min(moment.day, monthrange(year, month + 1)[1])
        return moment.replace(year=year, month=month + 1, day=day)

    def written(self, number: int, *, is_dashed: bool) -> str:
        """A unit as names and values say it."""
        return self.shown(self.begins(number), "-" if is_dashed else "")

    def read(self, text: str, *, is_dashed: bool) -> int | None:
        """The other way round; None for what is no unit."""
        found = re.fullmatch(self.pattern.replace("-", "-" if is_dashed else ""), text, re.ASCII)
        if found is None:
            return None
        parts = [int(part) for part in found.groups()]
        if self.name == "QUARTER":
            parts[1] = parts[1] * 3 - 2
        year, month, day, hour = (parts + [1, 1, 0][len(parts) - 1 :])[:4]
        try:
            return self.number(datetime(year, month, day, hour))
        except ValueError:
            return None


def _parts(pattern: str) -> Callable[[datetime, str], str]:
    return lambda moment, dash: moment.strftime(pattern.replace("-", dash)).rjust(4 if pattern == "%Y" else 0, "0")


def _quarter(moment: datetime, dash: str) -> str:
    return f"{moment.year:04}{dash}{(moment.month + 2) // 3}"


UNITS = {
    one.name: one
    for one in (
        Unit("HOUR", "YYYYMMDDHH24", "YYYY-MM-DD-HH24", _parts("%Y-%m-%d-%H"), r"(\d{4})-(\d\d)-(\d\d)-(\d\d)",
             length=timedelta(hours=1)),
        Unit("DAY", "YYYYMMDD", "YYYY-MM-DD", _parts("%Y-%m-%d"), r"(\d{4})-(\d\d)-(\d\d)", length=timedelta(days=1)),
        Unit("MONTH", "YYYYMM", "YYYY-MM", _parts("%Y-%m"), r"(\d{4})-(\d\d)", months=1),
        Unit("QUARTER", "YYYYQ", "YYYY-Q", _quarter, r"(\d{4})-([1234])", months=3),
        Unit("YEAR", "YYYY", "YYYY", _parts("%Y"), r"(\d{4})", months=12),
    )
}  # fmt: skip
"""By name."""
