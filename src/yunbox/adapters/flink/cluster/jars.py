"""What Flink is made of: its own jars, which the extra ``flink`` brings, and six more, which Maven's repositories have.

Those six are taken from a folder that the user names, from the user's local repository or through the user's Maven, and
only if they are the very files that this version was made with. They are kept in the data folder.
"""

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path

from yunbox.kernel.errors import InvalidArgument, NotFound, Unavailable

FLINK = "2.3.0"
_MAVEN_TIMEOUT_S = 600
_LOCAL = Path("~/.m2/repository")
_LOGIN = re.compile(r"(?<=://)[^/@\s]+@")
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>yunbox</groupId><artifactId>flink</artifactId><version>1</version>
<dependencies>{}</dependencies></project>
"""
_DEPENDENCY = """<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version>
<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>"""


@dataclass(frozen=True)
class Jar:
    """A file of Maven's repositories, and what it must be."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def name(self) -> str:
        """What the file is called."""
        return f"{self.artifact}-{self.version}.jar"

    @property
    def coordinates(self) -> str:
        """What Maven calls it."""
        return f"{self.group}:{self.artifact}:{self.version}"

    @property
    def path(self) -> str:
        """Where it lies in a repository."""
        return f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}/{self.name}"


JARS = (
    Jar("org.apache.flink", "flink-sql-gateway", FLINK,
        "aad296a152dc367ddd70727f5a57dd61958cff3d8dceb1f947bf8d9705c8d724"),
    Jar("org.apache.flink", "flink-sql-gateway-api", FLINK,
        "85658df5d4fc689cd9a5d45b6841dbdbae4a92942b9c3e561cec396fb4e910ff"),
    Jar("org.apache.flink", "flink-sql-connector-kafka", "5.0.0-2.2",
        "5605c691d11a501382c383fecba37a7a552467da5ab7ba904ef5d6f3d62c5616"),
    Jar("org.apache.flink", "flink-connector-jdbc-core", "4.0.0-2.0",
        "ccb9691bf1d0f97574ae768e1bef05a39c06d7f7b13996e9d485fbdd69dcbfec"),
    Jar("org.apache.flink", "flink-connector-jdbc-postgres", "4.0.0-2.0",
        "b59c29dc65cafe8ae398e69072b9f6022f4a978a09002fd06a05a1a8dd3348d6"),
    Jar("org.postgresql", "postgresql", "42.7.14",
        "73914527305a40cce504b0d3d90b23caf565136912d607ae8ae7c5895512332c"),
)  # fmt: skip


def flink_library() -> Path:
    """The folder of Flink's own jars. Raises NotFound where the extra is not installed, or is of another version."""
    found = PathFinder.find_spec("pyflink")  # what is installed, and not what a program has put in its place
    folders = [Path(one) / "lib" for one in (found.submodule_search_locations or ())] if found else []
    dists = sorted(jar.name for folder in folders for jar in folder.glob("flink-dist-*.jar"))
    wanted = f"flink-dist-{FLINK}.jar"
    for folder in folders:
        if (folder / wanted).exists():
            return folder
    lacks = f"what is installed has {', '.join(dists)}" if dists else "its jars are not installed"
    raise NotFound(f"Flink {FLINK} is needed, and {lacks}: pip install 'yunbox[flink]' brings it")


def fetch_jars(folder: Path, given: Path | None = None, jars: Sequence[Jar] = JARS) -> list[Path]:
    """All jars in ``folder``, got if they are not there yet. Raises what keeps them away, with their names."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [jar for jar in jars if not _is_whole(folder / jar.name, jar)]
    if given is not None:
        missing = _taken_from(given, folder, missing)
    missing = [jar for jar in missing if not _kept(_LOCAL.expanduser() / jar.path, folder, jar)]
    if missing:
        _by_maven(folder, missing)
    return [folder / jar.name for jar in jars]


def _taken_from(given: Path, folder: Path, jars: Sequence[Jar]) -> list[Jar]:
    """Those that the user's folder does not have. Raises InvalidArgument for one that is another file."""
    if not given.is_dir():
        raise InvalidArgument(f"{given} is not a folder")
    left = []
    for jar in jars:
        if not (given / jar.name).exists():
            left.append(jar)
        elif not _kept(given / jar.name, folder, jar):
            raise InvalidArgument(f"{given / jar.name} is not {jar.coordinates}: its SHA-256 is not {jar.sha256}")
    return left


def _by_maven(folder: Path, jars: Sequence[Jar]) -> None:
    names = ", ".join(jar.coordinates for jar in jars)
    maven = shutil.which("mvn")
    if maven is None:
        raise NotFound(
            f"Flink needs {names}. Install Maven (`mvn`), which gets them from the repository that it is set to use, "
            "or get them otherwise and name their folder: --jars FOLDER"
        )
    with tempfile.TemporaryDirectory(prefix="yunbox-maven-") as scratch:
        got = Path(scratch)
        pom = got / "pom.xml"
        pom.write_text(_POM.format("".join(_DEPENDENCY.format(j.group, j.artifact, j.version) for j in jars)))
        _run_maven([maven, "-B", "-q", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={got}"],
                   names)  # fmt: skip
        for jar in jars:
            if not _kept(got / jar.name, folder, jar):
                raise Unavailable(f"What Maven has got is not {jar.coordinates}: its SHA-256 is not {jar.sha256}")


def _run_maven(command: list[str], names: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - the user's own Maven
            command, capture_output=True, text=True, timeout=_MAVEN_TIMEOUT_S, errors="replace"
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"Maven has not got {names} within {_MAVEN_TIMEOUT_S} s") from None
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines() or ["no reason was given"]
        reason = _LOGIN.sub("", said[0].removeprefix("[ERROR] "))
        raise Unavailable(f"Maven cannot get {names}: {reason}. Name a folder that has them: --jars FOLDER")


def _kept(source: Path, folder: Path, jar: Jar) -> bool:
    """Copy a file to its place, whole, if it is the jar."""
    if not _is_whole(source, jar):
        return False
    beside = folder / f".{jar.name}.tmp"
    shutil.copyfile(source, beside)
    beside.replace(folder / jar.name)
    return True


def _is_whole(file: Path, jar: Jar) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest() == jar.sha256
