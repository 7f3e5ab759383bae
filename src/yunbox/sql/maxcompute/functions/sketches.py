"""Histograms and percentiles that the vendor's examples follow to the digit, over collected values.

percentile_approx() is Hive's: a histogram of at most so many bins, the two nearest merged when there is one too many,
and percentiles read off by going in a straight line from bin to bin. numeric_histogram() is Presto's: values gather in
a buffer, which is brought down to so many bins by merging where the least variance is lost.
"""

from collections.abc import Callable, Iterable
from typing import Any

Bins = list[list[float]]
_BUFFER = 100  # values that numeric_histogram() gathers before it merges


def _histogram(
    values: Iterable[Any], buffer: int, most: int, cost: Callable[[list[float], list[float]], float]
) -> Bins:
    """The bins [value, weight] in order of values; rows without a value do not count."""
    bins: Bins = []
    for row in values:
        if row is None or row["x"] is None or row["w"] is None:
            continue
        _add(bins, row["x"], row["w"])
        if len(bins) > buffer:
            _merge(bins, most, cost)
    _merge(bins, most, cost)
    return bins


def _add(bins: Bins, value: float, weight: float) -> None:
    low, high = 0, len(bins)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if bins[middle][0] < value else (low, middle)
    if low < len(bins) and bins[low][0] == value:
        bins[low][1] += weight
    else:
        bins.insert(low, [value, weight])


def _merge(bins: Bins, most: int, cost: Callable[[list[float], list[float]], float]) -> None:
    while len(bins) > most:
        place = min(range(len(bins) - 1), key=lambda i: cost(bins[i], bins[i + 1]))
        (a, weight), (b, other) = bins[place], bins[place + 1]
        total = weight + other
        bins[place : place + 2] = [[(a * weight + b * other) / total, total]]


def _distance(left: list[float], right: list[float]) -> float:
    return right[0] - left[0]


def _variance(left: list[float], right: list[float]) -> float:
    return (right[0] - left[0]) ** 2 * left[1] * right[1] / (left[1] + right[1])


def numeric_histogram(values: list[Any], most: int) -> dict[float, float] | None:
    """The bins of a histogram as a map."""
    bins = _histogram(values, max(_BUFFER, most), most, _variance)
    return {bin_[0]: bin_[1] for bin_ in bins} if bins else None


def percentiles_approx(values: list[Any], wanted: list[float], most: int) -> list[float] | None:
    """The percentiles of a histogram."""
    bins = _histogram(values, most, most, _distance)
    return [_quantile(bins, one) for one in wanted] if bins else None


def _quantile(bins: Bins, wanted: float) -> float:
    total = sum(weight for _, weight in bins)
    passed = 0.0
    for i, (value, weight) in enumerate(bins):
        if (passed + weight) / total >= wanted:
            if i == 0:
                return value
            below = bins[i - 1][0]
            return below + (wanted * total - passed) * (value - below) / weight
        passed += weight
    return bins[-1][0]


def percentile_cont(values: list[float | None], wanted: float) -> float | None:
    """The exact percentile, between two values in a straight line; NULL is the smallest and counts."""
    known = sorted(value for value in values if value is not None)
    ordered: list[float | None] = [None] * (len(values) - len(known)) + known
    if not ordered:
        return None
    place = wanted * (len(ordered) - 1)
    below, above = ordered[int(place)], ordered[min(int(place) + 1, len(ordered) - 1)]
    share = place - int(place)
    if share == 0 or above is None:
        return below
    return above if below is None else below + (above - below) * share
