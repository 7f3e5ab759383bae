"""Sessions that statements stop: the gateway that has one is asked, by its socket in the scratch folder.

What is sent and answered is JSON in one line. Who asks goes along, and the gateway decides whether they may.
"""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

from yunbox.wire.pgwire.report import failure

_PATIENCE_S = 10.0
"""A gateway that is there answers at once, but on a busy machine; not to wait is to say that there is none."""


def gateway_socket(index: int) -> str:
    """What the socket of a gateway is called."""
    return f"hologres-gateway-{index}.sock"


def signals(scratch: Path, gateways: int) -> Callable[[int, str, str], bool]:
    """What stops a session's statement, or ends it, in the name of a role; whether there was such a session.

    It raises PgError 42501 where the role may not.
    """

    def signal(process_id: int, how: str, role: str) -> bool:
        if process_id < 0:
            return False
        answer = _asked(scratch, gateway_socket(process_id % gateways), ["signal", process_id, how, role])
        if answer is None:
            return False
        done, told = answer
        if told:
            raise failure("42501", str(told))
        return bool(done)

    return signal


def _asked(scratch: Path, name: str, request: list[object]) -> list[object] | None:
    """The answer of a gateway; None of one that is not there."""
    folder = os.open(scratch, os.O_PATH | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(_PATIENCE_S)
            sock.connect(f"/proc/self/fd/{folder}/{name}")  # short, however long the folder's own is
            sock.sendall(json.dumps(request).encode() + b"\n")
            with sock.makefile("rb") as file:
                line = file.readline()
    except OSError:
        return None
    finally:
        os.close(folder)
    return json.loads(line) if line else None
