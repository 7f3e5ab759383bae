"""Compiling the Java stories: their dependencies come from Maven Central, through Maven."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

NEEDED = ("java", "javac", "mvn")


def compile_stories(folder: Path, target: Path) -> str:
    """Compile the Java files of a folder against its pom.xml; returns the class path."""
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing:
        assert not os.environ.get("CI"), f"{missing} must be there in CI"
        pytest.skip(f"the Java clients need {', '.join(missing)}")
    path = target / "classpath"
    subprocess.run(
        ["mvn", "-q", "-B", "-f", str(folder / "pom.xml"), "dependency:build-classpath", f"-Dmdep.outputFile={path}"],
        check=True, timeout=600, capture_output=True,
    )  # fmt: skip
    class_path = path.read_text().strip()
    sources = sorted(str(source) for source in folder.glob("*.java"))
    subprocess.run(
        ["javac", "-nowarn", "-encoding", "UTF-8", "-cp", class_path, "-d", str(target), *sources], check=True
    )
    return f"{target}:{class_path}"
