"""``python -m yunbox.engine.stream.udf.probe``: what functions take and give, found out in a process of its own.

It reads ``{"sources": [...], "folders": [...]}`` and writes ``{source: {"params", "returns", "volatile", "kind",
"accumulator", "retracts", "merges"}}``, as a UserFunction has them, with types as the catalogue has them in JSON and
None for any parameters, or ``{source: {"error"}}``.
What a file prints when it is imported goes to the errors' stream.
"""

import json
import os
import sys
from typing import Any

from yunbox.engine.stream.udf.loading import load
from yunbox.kernel.errors import KernelError
from yunbox.sql.flink.catalog import type_to_json


def main() -> None:
    """Answer once."""
    answer = os.dup(1)
    os.dup2(2, 1)
    asked = json.load(sys.stdin)
    found = {source: _told(source, asked["folders"]) for source in asked["sources"]}
    with os.fdopen(answer, "w") as out:
        json.dump(found, out)


def _told(source: str, folders: list[str]) -> dict[str, Any]:
    try:
        found = load(source, folders).told("")
    except KernelError as error:
        return {"error": str(error)}
    return {
        "params": None if found.params is None else [type_to_json(one) for one in found.params],
        "returns": type_to_json(found.returns),
        **{name: getattr(found, name) for name in ("volatile", "kind", "accumulator", "retracts", "merges")},
    }


if __name__ == "__main__":
    main()
