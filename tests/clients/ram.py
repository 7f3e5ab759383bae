"""RAM users with keys, by the command that makes them."""

import json
import subprocess
import sys
from typing import Any

from yunbox.testing.server import Server

Key = tuple[str, str]


def ram(server: Server, *words: str) -> Any:
    """What `yunbox ram` answers."""
    command = [sys.executable, "-m", "yunbox", "ram", *words, "--data", str(server.data), "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout) if done.stdout.strip() else None


def new_user(server: Server, name: str, *statements: dict[str, Any]) -> Key:
    """A RAM user with a key, and a policy of these statements."""
    ram(server, "create-user", name)
    if statements:
        ram(server, "put-policy", f"p-{name}", json.dumps({"Version": "1", "Statement": list(statements)}))
        ram(server, "attach", f"p-{name}", name)
    made = ram(server, "create-key", name)
    return made["access_key_id"], made["access_key_secret"]
