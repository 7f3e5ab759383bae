"""`yunbox doctor`: looks for what would keep Yunbox from working here, and says how to mend it."""

import argparse
import contextlib
import os
import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

from yunbox.cli import doctor_keys
from yunbox.cli.output import Output
from yunbox.kernel.errors import Unavailable
from yunbox.kernel.limits import CLOCK_SKEW_S_MAX
from yunbox.kernel.texts import format_bytes
from yunbox.meter.prices import load_prices
from yunbox.meter.usage import EGRESS
from yunbox.server.folder import FORMAT, read_server
from yunbox.storage.database import connect

_DISK_BYTES_MIN = 1024**3
_MEMORY_BYTES_MIN = 2 * 1024**3
_ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
_PARTS = ("duckdb", "deltalake", "arro3.core", "arro3.io", "sqlglot", "uvicorn", "uvloop", "httptools", "crc32c",
          "lz4.frame", "cramjam", _ZSTD)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, whether it is well, and what to do when not."""

    check: str
    ok: bool
    found: str
    mend: str = ""


def run(args: argparse.Namespace, output: Output) -> int:
    """Exit status 0 when all is well, 1 when something must be mended."""
    found = (check(args.data.expanduser().absolute()) for check in _CHECKS)
    findings = [finding for finding in found if finding is not None]
    findings += [Finding(one.check, one.ok, one.found, one.mend) for one in doctor_keys.told(args)]
    lines = [
        f"{'ok ' if f.ok else 'BAD'} {f.check}: {f.found}" + (f"\n    {f.mend}" if f.mend else "") for f in findings
    ]
    ok = all(finding.ok for finding in findings)
    output.result({"ok": ok, "findings": [asdict(finding) for finding in findings]}, "\n".join(lines))
    return 0 if ok else 1


def _python(data: Path) -> Finding:
    ok = sys.version_info >= (3, 11)
    return Finding("python", ok, sys.version.split()[0], "" if ok else "Install Python 3.11 or newer")


def _parts(data: Path) -> Finding:
    missing = [name for name in _PARTS if not _importable(name)]
    mend = "Install the package again: pip install --force-reinstall yunbox" if missing else ""
    return Finding("libraries", not missing, f"missing {', '.join(missing)}" if missing else "all there", mend)


def _importable(name: str) -> bool:
    try:
        import_module(name)
    except ImportError:
        return False
    return True


def _disk(data: Path) -> Finding:
    at = next(path for path in (data, *data.parents) if path.exists())
    free = shutil.disk_usage(at).free
    ok = free >= _DISK_BYTES_MIN
    mend = "" if ok else f"Free at least 1 GB on the disk of {at}, or choose another --data"
    return Finding("disk", ok, f"{free / 1024**3:.1f} GB free at {at}", mend)


def _memory(data: Path) -> Finding:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    ok = total >= _MEMORY_BYTES_MIN
    mend = (
        "" if ok else "Use a machine with 2 GB or more, or give workers less: yunbox up --workers 1 --worker-memory 512"
    )
    return Finding("memory", ok, f"{total / 1024**3:.1f} GB", mend)


def _loopback(data: Path) -> Finding:
    try:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
    except OSError as error:
        return Finding("loopback", False, str(error), "Bring the loopback interface up: ip link set lo up")
    return Finding("loopback", True, "ports can be bound on 127.0.0.1")


def _folder(data: Path) -> Finding:
    if not data.exists():
        return Finding("data folder", True, f"{data} will be made by `yunbox up`")
    problem = _folder_problem(data)
    return Finding("data folder", not problem, problem or str(data), f"See to {data}: {problem}" if problem else "")


def _folder_problem(data: Path) -> str:
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        return "it cannot be read and written by this user"
    if data.stat().st_mode & 0o077:
        return f"others can look into it: chmod 700 {data}"
    found = data / "FORMAT"
    if found.exists() and int(found.read_text()) > FORMAT:
        return f"its format {found.read_text().strip()} is newer than this Yunbox"
    return ""


def _server(data: Path) -> Finding:
    server = read_server(data)
    return Finding("server", True, f"runs as process {server['pid']}" if server else "not running")


def _proxy(data: Path) -> Finding:
    proxy = os.environ.get("HTTP_PROXY") or os.environ.get("http_proxy")
    exempt = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    ok = not proxy or "127.0.0.1" in exempt or exempt == "*"
    mend = "" if ok else "Clients would send loopback calls to the proxy: export NO_PROXY=127.0.0.1,localhost"
    return Finding("proxy", ok, "set" if proxy else "none", mend)


def _clock(data: Path) -> Finding:
    zone = Path("/etc/localtime").exists() or "TZ" in os.environ
    return Finding("clock", True, f"skew allowed {CLOCK_SKEW_S_MAX} s; local zone {'set' if zone else 'UTC'}")


def _public_buckets(data: Path) -> Finding | None:
    """Buckets that anybody may read or write: meant so or not, one should know."""
    index = data / "oss" / "index"
    if not (index / "data.mdb").exists():
        return None
    from yunbox.services.oss.access import openings
    from yunbox.storage.objects.view import all_buckets

    try:
        found = [
            f"{bucket.name} ({', '.join(why)})" for bucket in all_buckets(data / "oss") if (why := openings(bucket))
        ]
    except (OSError, Unavailable) as error:
        return Finding("public buckets", False, f"the object store cannot be read: {error}", f"See to {index}")
    mend = "Close one: PutBucketAcl private, or DeleteBucketPolicy" if found else ""
    return Finding("public buckets", True, "; ".join(found) or "none", mend)


def _egress(data: Path) -> Finding | None:
    """Which pairs of regions cost: what left this one, and where it went."""
    path = data / "meta.db"
    if not path.exists():
        return None
    own = str((read_server(data) or {}).get("region", "")) or "this region"
    try:
        with contextlib.closing(connect(path, read_only=True)) as db:
            rows = db.execute(_EGRESS, (f"{EGRESS}.%",)).fetchall()
    except sqlite3.Error as error:
        return Finding("traffic between regions", False, f"the ledger cannot be read: {error}", f"See to {path}")
    found = [f"{own} -> {row['item'].removeprefix(EGRESS + '.')}: {format_bytes(int(row['quantity']))} of "
             f"{row['project'] or 'no place'}, {_price(row['cost'])}" for row in rows]  # fmt: skip
    mend = "Run what reads them in the region of the data, or keep a copy where they are read" if found else ""
    return Finding("traffic between regions", True, "; ".join(found) or "none", mend)


def _price(cost: float) -> str:
    return f"{cost:.6f} {load_prices().currency}" if cost else "at a price that is not known"


_EGRESS = """
    SELECT item, project, sum(quantity) AS quantity, sum(cost) AS cost FROM ledger WHERE item LIKE ?
    GROUP BY item, project ORDER BY quantity DESC LIMIT 20
"""
_CHECKS: tuple[Callable[[Path], Finding | None], ...] = (
    _python, _parts, _memory, _disk, _loopback, _proxy, _folder, _server, _clock, _public_buckets,
    _egress,
)  # fmt: skip
