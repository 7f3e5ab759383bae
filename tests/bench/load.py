"""A load on an HTTP server from wrk (Debian's package), and what the server's processes used of the cores meanwhile."""

import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

_SCRIPT = """
local paths = {{}}
for line in io.lines("{paths}") do paths[#paths + 1] = line end
local body = {size} > 0 and string.rep("x", {size}) or nil
local sent = io.open("{body}")
if sent then body = sent:read("a") end
local headers = {{}}
for line in io.lines("{headers}") do
  local name, value = line:match("^(.-): (.*)$")
  headers[name] = value
end
local at = 0
request = function()
  at = at % #paths + 1
  return wrk.format("{method}", paths[at], headers, body)
end
"""


@dataclass(frozen=True)
class Load:
    """Requests a second, cores the server used, latency, and how many answers were no success."""

    per_s: float
    cores: float
    p50_ms: float
    failed: int
    p99_ms: float = 0.0

    @property
    def per_core_s(self) -> float:
        """Requests a second for each core used."""
        return self.per_s / self.cores

    @property
    def cpu_ms(self) -> float:
        """What one request takes of the server's processes."""
        return 1000 * self.cores / self.per_s


def wrk(
    pid: int,
    urls: list[str],
    folder: Path,
    *,
    method: str = "GET",
    size: int = 0,
    body: str = "",
    headers: Mapping[str, str] | None = None,
    clients: int = 16,
    seconds: int = 5,
) -> Load:
    """Send requests to signed URLs of one server, one after another, from some clients at once.

    Their body is ``body``, or so many bytes as ``size`` says.
    """
    if shutil.which("wrk") is None:
        pytest.skip("needs wrk: apt-get install wrk")
    host = urlsplit(urls[0])
    paths = folder / "paths.txt"
    paths.write_text("\n".join(url.removeprefix(f"{host.scheme}://{host.netloc}") for url in urls) + "\n")
    script = folder / "load.lua"
    sent, lines = folder / "body.txt", folder / "headers.txt"
    sent.unlink(missing_ok=True)
    if body:
        sent.write_text(body)
    lines.write_text("".join(f"{name}: {value}\n" for name, value in (headers or {}).items()))
    script.write_text(_SCRIPT.format(paths=paths, size=size, method=method, body=sent, headers=lines))
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--latency", "-s", str(script), f"http://{host.netloc}"]
    before, started = _cpu_s(pid), time.monotonic()
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    cores = (_cpu_s(pid) - before) / (time.monotonic() - started)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return Load(
        float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),  # type: ignore[index]
        cores,
        _ms(re.search(r"50%\s+([\d.]+)(us|ms|s)", text)),  # type: ignore[arg-type]
        int(failed[1]) if failed else 0,
        _ms(re.search(r"99%\s+([\d.]+)(us|ms|s)", text)),  # type: ignore[arg-type]
    )


def _ms(found: re.Match[str]) -> float:
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]


def _cpu_s(pid: int) -> float:
    process = psutil.Process(pid)
    times = [process.cpu_times(), *(child.cpu_times() for child in process.children(recursive=True))]
    return sum(one.user + one.system for one in times)
