"""Ports, assigned in one place: a block on the loopback address, or free ones."""

import errno
import socket
from dataclasses import dataclass

from yunbox.kernel.errors import Unavailable

HOST = "127.0.0.1"
OFFSETS = {"maxcompute": 0}
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
            except OSError as error:
                for bound in sockets.values():
                    bound.close()
                if error.errno != errno.EADDRINUSE:
                    raise
                raise Unavailable(
                    f"Port {base + offset} for {name} is in use: choose another block with --port-base"
                ) from None
        return cls(sockets)

    def url(self, name: str) -> str:
        """The base URL of a service."""
        return f"http://{HOST}:{self.sockets[name].getsockname()[1]}"

    def close(self) -> None:
        """Close every socket."""
        for sock in self.sockets.values():
            sock.close()


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
