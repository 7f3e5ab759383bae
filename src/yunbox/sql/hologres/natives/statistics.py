"""Statistics of floats as PostgreSQL sums them up: by Youngs and Cramer's method, value by value."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from yunbox.sql.hologres.natives.native import Native, floating


@dataclass(slots=True)
class _Sums:
    """Sums of pairs, and of the squares of their distances from the mean."""

    count: int = 0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    yy: float = 0.0
    xy: float = 0.0

    def add(self, y: float, x: float) -> None:
        """One more pair."""
        self.count += 1
        self.x, self.y = self.x + x, self.y + y
        if self.count == 1:
            if not math.isfinite(x):
                self.xx = self.xy = math.nan
            if not math.isfinite(y):
                self.yy = self.xy = math.nan
            return
        of_x, of_y = x * self.count - self.x, y * self.count - self.y
        scale = 1.0 / (self.count * (self.count - 1))
        self.xx += of_x * of_x * scale
        self.yy += of_y * of_y * scale
        self.xy += of_x * of_y * scale


def _spread(name: str, values: list[float | None]) -> float | None:
    known = [one for one in values if one is not None]
    sample = not name.endswith("_pop")
    if len(known) < 1 + sample:
        return None
    total, squares = 0.0, 0.0
    for count, one in enumerate(known, 1):
        total += one
        if count > 1:
            off = one * count - total
            squares += off * off / (count * (count - 1))
        elif not math.isfinite(one):
            squares = math.nan
    made = squares / (len(known) - sample)
    return made if name.startswith("var") else math.sqrt(made)


def _quotient(over: float, under: float) -> float | None:
    return over / under if under else None


_OF: dict[str, Callable[[_Sums], float | None]] = {
    "corr": lambda s: s.xy / math.sqrt(s.xx * s.yy) if s.xx and s.yy else None,
    "covar_pop": lambda s: s.xy / s.count,
    "covar_samp": lambda s: s.xy / (s.count - 1) if s.count > 1 else None,
    "regr_avgx": lambda s: s.x / s.count,
    "regr_avgy": lambda s: s.y / s.count,
    "regr_intercept": lambda s: (s.y - s.x * s.xy / s.xx) / s.count if s.xx else None,
    "regr_r2": lambda s: None if not s.xx else 1.0 if not s.yy else (s.xy * s.xy) / (s.xx * s.yy),
    "regr_slope": lambda s: _quotient(s.xy, s.xx),
    "regr_sxx": lambda s: s.xx,
    "regr_sxy": lambda s: s.xy,
    "regr_syy": lambda s: s.yy,
}


def _regression(name: str, pairs: list[dict[str, float | None]]) -> float | None:
    sums = _Sums()
    for pair in pairs:
        y, x = pair["y"], pair["x"]
        if y is not None and x is not None:
            sums.add(y, x)
    return _OF[name](sums) if sums.count else None


NATIVES: tuple[Native, ...] = (
    floating("hg_float_spread", _spread, "VARCHAR; DOUBLE[]"),
    floating("hg_regression", _regression, "VARCHAR; STRUCT(y DOUBLE, x DOUBLE)[]"),
)
"""Statistics."""
