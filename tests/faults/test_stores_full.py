"""A full disk under a store: a clear error, nothing torn, reading goes on, and so does all with space back."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("script", "size_mb"),
    [("objects_full.py", 48), ("hologres_full.py", 96), ("datahub_full.py", 48), ("flink_full.py", 128)],
)
def test_a_store_on_a_disk_that_fills_up(tmp_path: Path, script: str, size_mb: int) -> None:
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        assert not os.environ.get("CI"), "CI must be able to make a mount namespace"
        pytest.skip("this machine lets no user make a mount namespace (unshare -rm)")
    mount = f'mount -t tmpfs -o size={size_mb}m tmpfs "$0" && exec "$@"'
    program = str(Path(__file__).with_name(script))
    command = ["unshare", "-rm", "sh", "-c", mount, str(tmp_path), sys.executable, program, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
