"""Listening sockets on the loopback address: a block of ports in which each endpoint has its place, or free ones."""

import errno
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from yunbox.kernel.errors import Unavailable

HOST = "127.0.0.1"
_BACKLOG = 1024


@dataclass
class Sockets:
    """Sockets by endpoint, bound before anything else starts."""

    bound: dict[str, socket.socket]

    @classmethod
    def reserve(cls, base: int, places: Mapping[str, int]) -> "Sockets":
        """Bind the port of every endpoint. Raises Unavailable naming one that is taken."""
        found: dict[str, socket.socket] = {}
        for name, offset in places.items():
            try:
                found[name] = bound(base + offset if base else 0)
            except (OSError, OverflowError) as error:
                for sock in found.values():
                    sock.close()
                reason = _reason(error)
                raise Unavailable(
                    f"Port {base + offset} for {name} {reason}: choose another block with --port-base"
                ) from None
        return cls(found)

    def of(self, name: str) -> socket.socket:
        """The socket of an endpoint."""
        return self.bound[name]

    def url(self, name: str) -> str:
        """The base URL of an endpoint."""
        return f"http://{HOST}:{self.port(name)}"

    def port(self, name: str) -> int:
        """The port of an endpoint."""
        return self.bound[name].getsockname()[1]

    def close(self) -> None:
        """Close every socket."""
        for sock in self.bound.values():
            sock.close()


def _reason(error: Exception) -> str:
    if isinstance(error, OverflowError):
        return "is not between 1 and 65535"
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return "is in use"
    return f"cannot be had ({error.strerror if isinstance(error, OSError) else error})"


def bound(port: int) -> socket.socket:
    """A listening socket on a port; 0 is any that is free. Raises OSError, OverflowError."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((HOST, port))
        sock.listen(_BACKLOG)
    except (OSError, OverflowError):
        sock.close()
        raise
    return sock
