"""A server that keeps no more than so much of each shard: what is oldest goes, also over a restart."""

from pathlib import Path

import pytest

from tests.datahub import Client, Refused
from yunbox.testing.server import Server

MB = 1024 * 1024
PUTS, SIZE = 60, 60_000


def kept_bytes(server: Server) -> int:
    return sum(path.stat().st_size for path in (server.data / "datahub" / "logs").glob("*/*/*.log"))


def test_the_oldest_records_go(tmp_path: Path) -> None:
    with Server(tmp_path / "data", options=("--services", "datahub", "--datahub-shard-size", "1")) as server:
        with Client(server) as client:
            client.create("kept", "t")
            for number in range(PUTS):
                client.put("kept", "t", "0", [b"%d:" % number + bytes(SIZE)])
            assert kept_bytes(server) <= MB
            kept = [(sequence, int(data.split(b":")[0])) for sequence, data in client.read("kept", "t", "0")]
        assert kept == [(number, number) for number in range(kept[0][0], PUTS)] and 0 < kept[0][0] < PUTS - 10
        server.kill()
        server.start()
        with Client(server) as client:
            assert [sequence for sequence, _ in client.read("kept", "t", "0")] == [sequence for sequence, _ in kept]
            client.put("kept", "t", "0", [b"after"])
            assert client.read("kept", "t", "0")[-1] == (PUTS, b"after")
            path = "/projects/kept/topics/t/shards/0"
            with pytest.raises(Refused) as error:
                client.call("POST", path, Action="cursor", Type="SEQUENCE", Sequence=0)
        assert error.value.code == "SeekOutOfRange"
