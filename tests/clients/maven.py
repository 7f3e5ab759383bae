"""Compiling the Java stories: their dependencies come from Maven Central, through Maven."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

NEEDED = ("java", "javac", "mvn")


def dependencies(folder: Path, target: Path, *properties: str) -> list[str]:
    """The jars that the pom.xml of a folder asks for; ``target`` is for what Maven writes."""
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing:
        assert not os.environ.get("CI"), f"{missing} must be there in CI"
        pytest.skip(f"the Java clients need {', '.join(missing)}")
    path = target / "classpath"
    subprocess.run(
        ["mvn", "-q", "-B", "-f", str(folder / "pom.xml"), "dependency:build-classpath", f"-Dmdep.outputFile={path}",
         *(f"-D{pair}" for pair in properties)],
        check=True, timeout=600, capture_output=True,
    )  # fmt: skip
    return path.read_text().strip().split(os.pathsep)


def compile_stories(folder: Path, target: Path, *properties: str) -> str:
    """Compile the Java files of a folder against its pom.xml; returns the class path."""
    class_path = os.pathsep.join(dependencies(folder, target, *properties))
    sources = sorted(str(source) for source in folder.glob("*.java"))
    subprocess.run(
        ["javac", "-nowarn", "-encoding", "UTF-8", "-cp", class_path, "-d", str(target), *sources], check=True
    )
    return f"{target}{os.pathsep}{class_path}"
