"""The picture of docs/architecture.md, made from the code's own imports: `python tools/architecture.py` writes it anew.

A room is a package of `src/yunbox`, an arrow means "imports". `./yunbox check` compares, so that the picture cannot be
of another house.
"""

import re
import sys
from pathlib import Path

from circles import import_graph

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
LAYERS = (
    "cli",
    "testing",
    "server",
    "adapters",
    "services",
    "spine",
    "guard",
    "identity",
    "meter",
    "engine",
    "storage",
    "sql",
    "clients",
    "wire",
    "schema",
    "kernel",
)
"""From the top of the house to its ground: imports go down only."""
_EVERYWHERE = "kernel"
_BLOCK = re.compile(r"(?<=<!-- picture -->\n)```mermaid\n.*?```\n", re.DOTALL)


def room(module: str) -> str:
    """The room of a module: its package, and within services and storage the next one."""
    parts = module.split(".")[1:]
    deep = parts[:1] in (["services"], ["storage"], ["sql"]) and len(parts) > 2
    return "/".join(parts[: 2 if deep else 1])


def arrows(source: Path) -> set[tuple[str, str]]:
    """Which room imports from which other."""
    graph = import_graph(source)
    pairs = {(room(module), room(other)) for module, imported in graph.items() for other in imported}
    return {(start, end) for start, end in pairs if start != end and _shown(start) and _shown(end)}


def picture(source: Path) -> str:
    """The rooms and arrows in Mermaid, the same for the same code. All import the kernel, so no arrow leads there."""
    found = arrows(source)
    rooms = sorted({name for pair in found for name in pair}, key=_place)
    lines = ["```mermaid", "flowchart TD", *(f'  {_id(name)}["{name}"]' for name in rooms)]
    for start in rooms:
        ends = [end for end in rooms if (start, end) in found and end != _EVERYWHERE]
        if ends:
            lines.append(f"  {_id(start)} --> {' & '.join(_id(end) for end in ends)}")
    return "\n".join([*lines, "```"]) + "\n"


def _shown(name: str) -> bool:
    return bool(name) and not name.startswith("__")


def _place(name: str) -> tuple[int, str]:
    layer = name.split("/")[0]
    return (LAYERS.index(layer) if layer in LAYERS else -1, name)


def _id(name: str) -> str:
    return name.replace("/", "_")


def stale() -> list[str]:
    """What is wrong with the page, for the check."""
    text = PAGE.read_text("utf-8")
    shown = _BLOCK.search(text)
    if shown is None or shown[0] != picture(ROOT / "src"):
        return ["docs/architecture.md shows another house: run python tools/architecture.py"]
    return []


def main() -> int:
    """Write the picture into the page."""
    text = PAGE.read_text("utf-8")
    PAGE.write_text(_BLOCK.sub(lambda _: picture(ROOT / "src"), text), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
