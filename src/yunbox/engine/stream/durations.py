"""Durations and sizes as Flink's options have them."""

from yunbox.kernel.errors import InvalidArgument

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TIMES = {"ms": 1, "milli": 1, "millisecond": 1, "s": 1000, "sec": 1000, "second": 1000, "min": 60_000, "m": 60_000,
          "minute": 60_000, "h": 3_600_000, "hour": 3_600_000, "d": 86_400_000, "day": 86_400_000}  # fmt: skip
_SIZES = {"b": 1, "byte": 1, "k": 1 << 10, "kb": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "g": 1 << 30, "gb": 1 << 30,
          "t": 1 << 40, "tb": 1 << 40}  # fmt: skip


def millis(text: str) -> int:
    """A duration such as ``10 s`` or ``500ms``, in milliseconds. Raises InvalidArgument."""
    number, unit = _split(text)
    scale = 1 if not unit else _TIMES.get(unit, _TIMES.get(unit.removesuffix("s"), 0))
    if not scale:
        raise InvalidArgument(f"{text!r} is no duration: such as '10 s', '500 ms' or '1 h'")
    return number * scale


def size_bytes(text: str) -> int:
    """A size such as ``64 mb``, in bytes. Raises InvalidArgument."""
    number, unit = _split(text)
    scale = 1 if not unit else _SIZES.get(unit, _SIZES.get(unit.removesuffix("ytes"), 0))
    if not scale:
        raise InvalidArgument(f"{text!r} is no size: such as '64 mb' or '1 gb'")
    return number * scale


def _split(text: str) -> tuple[int, str]:
    number = text.strip().rstrip(_LETTERS).strip()
    if not number.isdigit():
        raise InvalidArgument(f"{text!r} does not begin with a number")
    return int(number), text.strip()[len(number) :].strip().lower()
