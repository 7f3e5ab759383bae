"""The Java that Flink runs on, or a sentence that says how to get it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from yunbox.kernel.errors import NotFound

VERSION_MIN = 17
_HOW = "on Debian or Ubuntu `apt-get install openjdk-17-jre-headless`, and JAVA_HOME names another"
_TIMEOUT_S = 60
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


def find_java() -> str:
    """The program of JAVA_HOME, or the one on the path. Raises NotFound where there is none that is new enough."""
    home = os.environ.get("JAVA_HOME")
    program = str(Path(home) / "bin" / "java") if home else "java"
    found = shutil.which(program)
    if found is None:
        where = f"JAVA_HOME has no {program}" if home else "there is no java on the path"
        raise NotFound(f"Flink needs Java {VERSION_MIN} or newer, and {where}: {_HOW}")
    version = _version(found)
    if version < VERSION_MIN:
        raise NotFound(f"Flink needs Java {VERSION_MIN} or newer, and {found} is Java {version}: {_HOW}")
    return found


def _version(program: str) -> int:
    try:
        done = subprocess.run(  # noqa: S603 - the user's own Java
            [program, "-version"], capture_output=True, text=True, timeout=_TIMEOUT_S, errors="replace"
        )
        said = done.stderr + done.stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        said = str(error)
    match = _VERSION.search(said)
    if match is None:
        raise NotFound(f"{program} does not say its version: {said.strip()[:200]}")
    return int(match[1])
