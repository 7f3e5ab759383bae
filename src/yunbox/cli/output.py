"""The one way commands print: text for people, JSON for programs, problems on stderr."""

import json
import sys
from typing import Any


class Output:
    """Prints results as text or as JSON; never both."""

    def __init__(self, kind: str) -> None:
        self.is_json = kind == "json"

    def result(self, value: Any, text: str) -> None:
        """Print a result: ``value`` as one line of JSON, or ``text``."""
        print(json.dumps(value, ensure_ascii=False) if self.is_json else text, flush=True)

    def note(self, text: str) -> None:
        """Say something to a person; a program is not told."""
        if not self.is_json:
            print(text, flush=True)

    def problem(self, message: str, code: str = "Error") -> None:
        """Say what went wrong, on stderr."""
        body = json.dumps({"code": code, "message": message}, ensure_ascii=False)
        print(body if self.is_json else f"yunbox: {message}", file=sys.stderr, flush=True)
