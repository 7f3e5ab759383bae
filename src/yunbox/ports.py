"""Ports, assigned in one place: a block on the loopback address, or free ones."""

import errno
import socket
from dataclasses import dataclass

from yunbox.kernel.errors import Unavailable

HOST = "127.0.0.1"
OFFSETS = {"maxcompute": 0, "oss": 1, "metrics": 2}
"""Each service's place in the block; later services take the next ones."""
_BACKLOG = 1024


@dataclass
class Ports:
    """Listening sockets by service name, bound before anything else starts."""

    sockets: dict[str, socket.socket]

    @classmethod
    def reserve(cls, base: int) -> "Ports":
        """Bind every port. Raises Unavailable naming one that is taken."""
        sockets: dict[str, socket.socket] = {}
        for name, offset in OFFSETS.items():
            try:
                sockets[name] = _bind(base + offset if base else 0)
            except (OSError, OverflowError) as error:
                for bound in sockets.values():
                    bound.close()
                reason = _reason(error)
                raise Unavailable(
                    f"Port {base + offset} for {name} {reason}: choose another block with --port-base"
                ) from None
        return cls(sockets)

    def url(self, name: str) -> str:
        """The base URL of a service."""
        return f"http://{HOST}:{self.sockets[name].getsockname()[1]}"

    def close(self) -> None:
        """Close every socket."""
        for sock in self.sockets.values():
            sock.close()


def _reason(error: Exception) -> str:
    if isinstance(error, OverflowError):
        return "is not between 1 and 65535"
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return "is in use"
    return f"cannot be had ({error.strerror if isinstance(error, OSError) else error})"


def _bind(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((HOST, port))
        sock.listen(_BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock
