"""Arguments that the provider refuses: it does not know them, they are missing, or only the service sets them.

The names are data, ``arguments.json``, with their source. A resource that is not there is not judged.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from yunbox.cli.terraform_check.model import Block, Finding, Resource

UNKNOWN_ARGUMENT, MISSING, READ_ONLY = "UnsupportedArgument", "MissingRequiredArgument", "ReadOnlyArgument"
_FILE = Path(__file__).with_name("arguments.json")
_META = frozenset(
    ("count", "for_each", "depends_on", "provider", "lifecycle", "provisioner", "connection", "timeouts")
)  # fmt: skip


@dataclass(frozen=True)
class Schema:
    """What a resource, or a block of one, takes."""

    required: frozenset[str]
    optional: frozenset[str]
    computed: frozenset[str]
    blocks: "dict[str, Schema]"


@cache
def schemas() -> dict[str, Schema]:
    """What the provider's resources take, by kind."""
    body = json.loads(_FILE.read_text("utf-8"))["resources"]
    return {kind: _schema(about) for kind, about in body.items()}


def _schema(about: dict[str, Any]) -> Schema:
    inner = {name: _schema(one) for name, one in about.get("blocks", {}).items()}
    needed = {name for name, one in about.get("blocks", {}).items() if one.get("is") == "required"}
    return Schema(
        frozenset(about.get("required", "").split()) | needed, frozenset(about.get("optional", "").split()),
        frozenset(about.get("computed", "").split()), inner,
    )  # fmt: skip


def check(resource: Resource) -> Iterator[Finding]:
    """What is wrong with the arguments of a resource."""
    schema = schemas().get(resource.kind)
    if schema is not None:
        yield from _check(resource, resource.body, schema, "", _META)


def _check(
    resource: Resource, block: Block, schema: Schema, within: str, meta: frozenset[str] = frozenset()
) -> Iterator[Finding]:
    known = schema.required | schema.optional | set(schema.blocks)
    for name in (*block.arguments, *block.blocks, *sorted(block.dynamic)):
        if name in schema.computed and name not in known:
            what = f"{within}{name} is set by the service: the provider takes no value for it"
            yield Finding(resource.address, what, READ_ONLY)
        elif name not in known and name not in meta and (within or name != "id"):
            close = get_close_matches(name, known, 1)
            hint = f"; is {close[0]} meant?" if close else ""
            what = f"{within}{name} is no argument that the provider knows of {resource.kind}{hint}"
            yield Finding(resource.address, what, UNKNOWN_ARGUMENT)
    for name in sorted(schema.required):
        if not block.has(name):
            yield Finding(resource.address, f"{within}{name} is missing: {resource.kind} needs it", MISSING)
    for name, inner in block.blocks.items():
        for one in inner:
            if name in schema.blocks:
                yield from _check(resource, one, schema.blocks[name], f"{within}{name}.")
