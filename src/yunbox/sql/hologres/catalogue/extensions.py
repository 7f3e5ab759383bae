"""The extensions that there may be, and what each brings: functions and types that are not there without it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Brought:
    """What an extension brings: functions whose names begin in some way, and types by their OIDs.

    ``used_as`` is a pattern of what SQL says that uses it.
    """

    prefix: str
    used_as: str
    types: frozenset[int] = frozenset()


EXTENSIONS: Mapping[str, Brought] = {"proxima": Brought("pm_", r"\bpm_\w+")}
"""By name."""


def extension_of(function: str) -> str:
    """The extension that a function is of; none of most."""
    return next((name for name, one in EXTENSIONS.items() if function.startswith(one.prefix)), "")
