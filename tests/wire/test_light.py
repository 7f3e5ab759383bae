"""The control process imports every codec; none may pull in Arrow before it is used, nor any client."""

import subprocess
import sys

MODULES = ["arrow", "arrow_messages", "codecs", "compression", "csv", "frames", "jobs", "record_fields", "records"]
MODULES += ["signing", "snappy", "stream_pack", "types"]
HEAVY = ("arro3", "pyarrow", "numpy", "odps", "google", "duckdb", "lz4", "cramjam", "backports")


def test_importing_the_codecs_is_light():
    code = (
        "import sys; "
        + "; ".join(f"import yunbox.wire.odps.{name}" for name in MODULES)
        + "; import yunbox.wire.varint, yunbox.wire.xml"
        + f"; print([m for m in sys.modules if m.split('.')[0] in {HEAVY}])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
