"""A full disk under an object store: a clear error, nothing torn, room to delete, and with space back all goes on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SIZE_MB = 48
SCRIPT = Path(__file__).with_name("objects_full.py")


def test_a_store_on_a_disk_that_fills_up(tmp_path: Path) -> None:
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        assert not os.environ.get("CI"), "CI must be able to make a mount namespace"
        pytest.skip("this machine lets no user make a mount namespace (unshare -rm)")
    mount = f'mount -t tmpfs -o size={SIZE_MB}m tmpfs "$0" && exec "$@"'
    command = ["unshare", "-rm", "sh", "-c", mount, str(tmp_path), sys.executable, str(SCRIPT), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
