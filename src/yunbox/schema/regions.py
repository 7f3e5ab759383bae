"""Regions and their zones: a data file, and the house's own region beside."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from yunbox.kernel.errors import NotFound

_FILE = Path(__file__).with_suffix(".json")


@dataclass(frozen=True)
class Region:
    """A region and its zones by id."""

    id: str
    name: str
    zones: tuple[str, ...]


@cache
def regions(own: str) -> dict[str, Region]:
    """All regions by id; ``own`` is the house's."""
    body = json.loads(_FILE.read_text("utf-8"))["regions"]
    found = {
        name: Region(name, about["name"], tuple(f"{_before(name)}{zone}" for zone in about["zones"].split()))
        for name, about in body.items()
    }
    found.setdefault(own, Region(own, "This machine", (f"{own}-a",)))
    return found


def _before(name: str) -> str:
    """What a zone's letter stands behind: ``cn-hangzhou-h`` has a hyphen there, ``eu-central-1a`` has none."""
    return name if name[-1].isdigit() else f"{name}-"


def region(own: str, name: str) -> Region:
    """One by id. Raises NotFound."""
    found = regions(own).get(name)
    if found is None:
        raise NotFound(f"The specified RegionId does not exist: {name[:64]}.", code="InvalidRegionId.NotFound")
    return found
