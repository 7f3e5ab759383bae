"""Small questions about texts that more than one layer asks, and amounts as texts for people."""

from collections.abc import Collection


def common_start(texts: Collection[str]) -> str:
    """What all texts begin with, character by character; nothing for none."""
    if not texts:
        return ""
    first, last = min(texts), max(texts)
    return first[: next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]


def format_bytes(count: int) -> str:
    """Bytes in the largest unit that keeps a digit before the point."""
    value = float(count)
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if value < 1024 or unit == "TB":
            return f"{value:.0f} B" if unit == "B" else f"{value:.2f} {unit}"
        value /= 1024
    return f"{count} B"


def format_cost(cost: float) -> str:
    """A cost with as many digits as a small one needs."""
    if cost >= 1:
        return f"{cost:.2f}"
    return f"{cost:.12f}".rstrip("0").rstrip(".") or "0"
