"""``python -m yunbox.engine.stream.udf.probe``: what functions take and give, found out in a process of its own.

It reads ``{"sources": [...], "folders": [...]}`` and writes ``{source: {"params", "returns", "is_volatile",
"is_table"}}``, with types as the catalogue has them in JSON and None for any parameters, or ``{source: {"error"}}``.
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
        loaded = load(source, folders)
    except KernelError as error:
        return {"error": str(error)}
    params = None if loaded.params is None else [type_to_json(one) for one in loaded.params]
    returns = type_to_json(loaded.returns)
    return {"params": params, "returns": returns, "is_volatile": loaded.is_volatile, "is_table": loaded.is_table}


if __name__ == "__main__":
    main()
