"""Small questions about texts that more than one layer asks."""

from collections.abc import Collection


def common_start(texts: Collection[str]) -> str:
    """What all texts begin with, character by character; nothing for none."""
    if not texts:
        return ""
    first, last = min(texts), max(texts)
    return first[: next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]
