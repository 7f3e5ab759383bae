"""A full disk: a clear error, the server lives, nothing is torn, and with space back all goes on."""

import json
import os
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from odps import ODPS
    from odps.errors import ODPSError
    from odps.tunnel import TableTunnel

SIZE_MB = 160
MIB = 1 << 20


class SmallDisk:
    """A server whose data folder is a small file system, mounted in a namespace of its own."""

    def __init__(self, data: Path) -> None:
        script = f'mount -t tmpfs -o size={SIZE_MB}m tmpfs "$0" && exec "$@"'
        command = [sys.executable, "-m", "yunbox", "up", "--data", str(data), "--output", "json"]
        self.process = subprocess.Popen(
            ["unshare", "-rm", "sh", "-c", script, str(data), *command], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.ready = json.loads(self.process.stdout.readline())
        self.data = Path(f"/proc/{self.process.pid}/root{data}")
        self.filler = self.data / "filler"

    def client(self) -> ODPS:
        key = json.loads((self.data / "credentials.json").read_text())
        endpoint = self.ready["endpoints"]["maxcompute"]
        return ODPS(key["access_key_id"], key["access_key_secret"], self.ready["project"], endpoint=endpoint)

    def fill(self, leave_bytes: int) -> None:
        """Take all space but so much."""
        stat = os.statvfs(self.data)
        with self.filler.open("wb") as file:
            remaining = stat.f_bavail * stat.f_frsize - leave_bytes
            while remaining > 0:
                try:
                    remaining -= file.write(b"\0" * min(remaining, MIB))
                    file.flush()
                except OSError:
                    return

    def free(self) -> None:
        """Give the space back."""
        self.filler.unlink()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.wait(30)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        assert not os.environ.get("CI"), "CI must be able to make a mount namespace"
        pytest.skip("this machine lets no user make a mount namespace (unshare -rm)")
    made = SmallDisk(tmp_path)
    yield made
    if made.process.poll() is None:
        made.stop()


def count(o: ODPS, table: str) -> int:
    with o.execute_sql(f"select count(*) from {table}").open_reader() as reader:
        return reader[0][0]


LONG, BIG = "set odps.sql.max.sequence.length=400000;", "select explode(sequence(1, 400000)) as n"


def test_statements_and_uploads_fail_clearly_and_nothing_is_torn(disk: SmallDisk) -> None:
    o = disk.client()
    o.execute_sql("create table t (n bigint, s string)")
    o.execute_sql("insert into t values (1, 'x')")
    disk.fill(leave_bytes=3 * MIB)
    with pytest.raises(ODPSError, match="full"):
        o.execute_sql(f"{LONG} insert into t select n, uuid() from ({BIG}) s")
    with pytest.raises(ODPSError, match="full"):
        o.execute_sql(f"{LONG} insert overwrite table t select n, uuid() from ({BIG}) s")
    session = TableTunnel(o).create_upload_session("t")
    with pytest.raises(ODPSError, match="full"), session.open_record_writer(0) as writer:
        for number in range(200_000):
            writer.write(session.new_record([number, os.urandom(32).hex()]))
    assert count(o, "t") == 1
    disk.free()
    o.execute_sql(f"{LONG} insert into t select n, uuid() from ({BIG}) s")
    assert count(o, "t") == 400_001
    assert disk.stop() == 0


def test_a_disk_with_nothing_left_at_all(disk: SmallDisk) -> None:
    o = disk.client()
    o.execute_sql("create table t (n bigint)")
    acknowledged = 0
    disk.fill(leave_bytes=0)
    for number in range(20):
        try:
            o.execute_sql(f"insert into t values ({number})")
            acknowledged += 1
        except ODPSError as error:
            assert "full" in str(error), error
    assert disk.process.poll() is None
    disk.free()
    found = count(o, "t")
    assert acknowledged <= found <= 20
    o.execute_sql("insert into t values (100)")
    assert count(o, "t") == found + 1
    assert disk.stop() == 0
