"""Whose a connection on the loopback interface is: the kernel says which user has its other end."""

from pathlib import Path

_TCP = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LOOPBACK = ("0100007F", "0000000000000000FFFF00000100007F")


def uid_of(peer: str, port: int) -> int:
    """The user who has a connection's other end, -1 where that is not known."""
    if peer not in ("127.0.0.1", "::1"):
        return -1
    wanted = f":{port:04X}"
    for table in _TCP:
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            parts = line.split()
            if parts[1].endswith(wanted) and parts[1].startswith(_LOOPBACK):
                return int(parts[7])
    return -1
