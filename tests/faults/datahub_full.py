"""A server of DataHub on a disk that fills up; run in a mount namespace of its own, on a small file system.

`unshare -rm sh -c 'mount -t tmpfs -o size=48m tmpfs /mnt && exec "$@"' sh python tests/faults/datahub_full.py /mnt`
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run by its path, this file has no package around it

from tests.datahub import Client, Refused
from tests.faults.filler import fill
from yunbox.testing.server import Server

LEFT_BYTES = (0, 4096, 65_536, 262_144)


def put(client: Client, kept: list[bytes], values: list[bytes]) -> bool:
    """Put records, which are kept whole or refused whole, by the code of a full disk."""
    try:
        client.put("full", "t", "0", values)
    except Refused as error:
        assert error.code == "StorageFull", error
        return False
    kept += values
    return True


def check(client: Client, kept: list[bytes]) -> None:
    assert client.read("full", "t", "0") == list(enumerate(kept))


def main(disk: Path) -> None:
    server = Server(disk / "data", options=("--services", "datahub")).start()
    filler, kept, refused = disk / "filler", [], 0
    with Client(server) as client:
        client.create("full", "t")
        put(client, kept, [b"before"] * 100)
        for turn, left in enumerate(LEFT_BYTES):
            fill(filler, left)
            for size in (10, 3000, 100_000, 600_000):
                refused += not put(client, kept, [b"%d:%d" % (turn, size) + bytes(size)] * 2)
            check(client, kept)  # reading goes on
            filler.unlink()
            assert put(client, kept, [b"room again"]), "there is room"
            check(client, kept)
    assert refused, "the disk was never full"
    server.kill()
    server.start()
    with Client(server) as client:
        check(client, kept)
        assert put(client, kept, [b"after"])
    server.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
