"""What a Flink of one's own needs: Java, its own jars and those of Maven, or a sentence that says what is missing."""

import hashlib
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from yunbox.adapters.flink.cluster import jars
from yunbox.adapters.flink.cluster.jars import Jar, fetch_jars, flink_library
from yunbox.adapters.flink.cluster.java import find_java
from yunbox.adapters.flink.cluster.settings import Layout, Ports, Size, write_settings
from yunbox.kernel.errors import InvalidArgument, KernelError, NotFound, Unavailable

TWO = (
    Jar("org.one", "first", "1.0", hashlib.sha256(b"first").hexdigest()),
    Jar("org.two", "second", "2.0", hashlib.sha256(b"second").hexdigest()),
)
MAVEN = """#!/bin/sh
for word; do case $word in -DoutputDirectory=*) to=${word#*=};; *.xml) pom=$word;; esac; done
grep -q '<artifactId>second</artifactId>' "$pom" || exit 9
grep -q '<artifactId>first</artifactId>' "$pom" && exit 8
printf %s "$TEXT" > "$to/second-2.0.jar"
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder that has programs, beside those of the system that scripts need."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "grep", "cat"):
        (folder / name).symlink_to(f"/bin/{name}")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return folder


def program(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(text)
    file.chmod(0o755)
    return file


# -- Java


def test_java_is_that_of_java_home_or_the_path(programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new = "#!/bin/sh\necho 'openjdk version \"21.0.1\" 2023-10-17' >&2\n"
    on_path = program(programs, "java", new)
    assert find_java() == str(on_path)
    at_home = program(tmp_path / "jdk" / "bin", "java", new.replace("21.0.1", "17"))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    assert find_java() == str(at_home)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "there is no java on the path"),
        ("#!/bin/sh\necho 'openjdk version \"1.8.0_392\"' >&2\n", "is Java 8: on Debian"),
        ("#!/bin/sh\necho 'java version \"11.0.2\" 2019-01-15 LTS' >&2\n", "is Java 11: on Debian"),
        ("#!/bin/sh\necho 'No runtime present' >&2; exit 1\n", "does not say its version: No runtime present"),
    ],
)
def test_no_java_that_is_new_enough(programs: Path, text: str, reason: str) -> None:
    if text:
        program(programs, "java", text)
    with pytest.raises(NotFound) as caught:
        find_java()
    assert reason in caught.value.message


def test_java_home_that_is_no_java(programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(NotFound, match="JAVA_HOME has no"):
        find_java()


# -- its settings


def test_a_folder_with_spaces_keeps_its_name(tmp_path: Path) -> None:
    root = tmp_path / "da ta"
    write_settings(Layout(root), Ports(1, 2, 3), Size(), {"security.ssl.keystore-password": "a'b\\c"})
    file = root / "conf" / "config.yaml"
    assert f'execution.checkpointing.savepoint-dir: "file://{root}/savepoints"\n' in file.read_text()
    assert 'security.ssl.keystore-password: "a\'b\\\\c"\n' in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


# -- Flink's own


def test_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "pyflink" / "lib"
    library.mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setitem(sys.modules, "pyflink", ModuleType("pyflink"))
    with pytest.raises(NotFound, match="its jars are not installed: pip install 'yunbox\\[flink\\]'"):
        flink_library()
    (library / "flink-dist-1.20.0.jar").touch()
    with pytest.raises(NotFound, match=r"what is installed has flink-dist-1\.20\.0\.jar"):
        flink_library()
    (library / "flink-dist-2.3.0.jar").touch()
    assert flink_library() == library


# -- those of Maven's repositories


def test_what_the_users_folder_has_is_taken(programs: Path, tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    (given / "first-1.0.jar").write_bytes(b"first")
    repository = tmp_path / "home" / ".m2" / "repository" / "org" / "two" / "second" / "2.0"
    repository.mkdir(parents=True)
    (repository / "second-2.0.jar").write_bytes(b"second")
    kept = fetch_jars(tmp_path / "kept", given, TWO)
    assert [file.read_bytes() for file in kept] == [b"first", b"second"]
    (given / "first-1.0.jar").unlink()
    (repository / "second-2.0.jar").unlink()
    assert fetch_jars(tmp_path / "kept", None, TWO) == kept  # what is there is not got again
    kept[0].write_bytes(b"torn")
    refused(tmp_path / "kept", None, NotFound, "org.one:first:1.0. Install Maven (`mvn`)")


def test_what_is_missing_comes_through_maven(programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(tmp_path / "kept", None, NotFound, "Flink needs org.one:first:1.0, org.two:second:2.0. Install Maven")
    (tmp_path / "kept" / "first-1.0.jar").write_bytes(b"first")
    program(programs, "mvn", MAVEN)
    monkeypatch.setenv("TEXT", "another")
    refused(tmp_path / "kept", None, Unavailable, "What Maven has got is not org.two:second:2.0: its SHA-256")
    monkeypatch.setenv("TEXT", "second")
    assert [file.read_bytes() for file in fetch_jars(tmp_path / "kept", None, TWO)] == [b"first", b"second"]
    assert sorted(os.listdir(tmp_path / "kept")) == ["first-1.0.jar", "second-2.0.jar"]


def test_what_maven_says_is_told_without_logins(programs: Path, tmp_path: Path) -> None:
    program(programs, "mvn", "#!/bin/sh\necho '[ERROR] no route to http://me:secret@repository/x'; exit 1\n")
    reason = "Maven cannot get org.one:first:1.0, org.two:second:2.0: no route to http://repository/x. Name a folder"
    refused(tmp_path / "kept", None, Unavailable, reason)


def test_another_file_in_the_users_folder(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "first-1.0.jar").write_bytes(b"another")
    refused(tmp_path / "kept", tmp_path, InvalidArgument, "first-1.0.jar is not org.one:first:1.0: its SHA-256 is not")
    refused(tmp_path / "kept", tmp_path / "nowhere", InvalidArgument, "is not a folder")


def test_every_jar_has_a_name_and_a_sum() -> None:
    assert len({jar.name for jar in jars.JARS}) == 6
    assert all(len(jar.sha256) == 64 and int(jar.sha256, 16) for jar in jars.JARS)


def refused(folder: Path, given: Path | None, kind: type[KernelError], reason: str) -> None:
    with pytest.raises(kind) as caught:
        fetch_jars(folder, given, TWO)
    assert reason in caught.value.message
