"""A session's settings against PostgreSQL itself: what they take and show, and what a transaction takes back."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.postgres import Postgres, quoted, running
from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.settings.parameters import PARAMETERS
from yunbox.wire.pgwire.settings.session import Settings

SAID: dict[str, list[str | list[str]]] = tomllib.loads(Path(__file__).with_name("settings.toml").read_text())


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running("timezone=Etc/UTC", "datestyle=ISO, MDY") as server:
        yield server


def psql(postgres: Postgres, script: list[str]) -> list[str]:
    """What each statement of a script says, on a line of its own; an error as the lines that psql prints of it."""
    marked = "".join(f"\\echo case\n{one};\n" for one in script)
    said = postgres.psql(marked, "VERBOSITY=verbose", errors=subprocess.STDOUT).stdout.decode()
    return [one.removesuffix("\n") for one in said.split("case\n")[1:]]


def dotted(name: str) -> str:
    """A name as a statement writes it, which may have dots inside."""
    return ".".join(f'"{part}"' for part in name.split(".")) if all(name.split(".")) else f'"{name}"'


@pytest.mark.parametrize("name", SAID)
def test_what_a_setting_takes_is_what_postgres_takes(postgres: Postgres, name: str) -> None:
    values = [[one] if isinstance(one, str) else one for one in SAID[name]]
    script = [
        line
        for one in values
        for line in ("reset all", f"set {dotted(name)} to {', '.join(map(quoted, one))}", f"show {dotted(name)}")
    ]
    said = psql(postgres, script)
    for value, refusal, shown in zip(values, said[1::3], said[2::3], strict=True):
        session = Settings({})
        try:
            session.set(name, value)
        except PgError as error:
            assert told(refusal) == str(error) + details(error), value
        else:
            assert (session.show(name), refusal) == (shown, ""), value


def told(refusal: str) -> str:
    """The first lines of what psql prints of an error."""
    lines = [line for line in refusal.split("\n") if line.startswith(("ERROR", "DETAIL", "HINT"))]
    return "\n".join(lines).removeprefix("ERROR:  ")


def details(error: PgError) -> str:
    report = error.report
    return f"\nDETAIL:  {report.detail}" * bool(report.detail) + f"\nHINT:  {report.hint}" * bool(report.hint)


def test_every_default_is_that_of_postgres(postgres: Postgres) -> None:
    own = {"application_name", "client_encoding", "is_superuser", "session_authorization", "jit"}  # off in 11
    own.add("log_min_duration_statement")  # Hologres' own: the vendor's page "Get and analyze slow query logs"
    names = [name for name in PARAMETERS if name not in own and not name.startswith("server_version")]
    assert psql(postgres, [f"show {name}" for name in names]) == [Settings({}).show(name) for name in names]


STEPS = st.sampled_from([
    "begin", "commit", "rollback", "savepoint s", "rollback to s", "release s", "set datestyle to sql",
    "reset datestyle", "set local datestyle to dmy", "set local datestyle to german", "set a.b to 1",
    "set local a.b to 2", "reset a.b", "reset all", "set timezone to 8", "set local timezone to default",
])  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(STEPS, min_size=3, max_size=12))
def test_transactions_take_settings_back_as_there(postgres: Postgres, steps: list[str]) -> None:
    steps = possible(steps)
    script = [
        line
        for step in steps
        for line in (step, "show datestyle", "show timezone", "select current_setting('a.b', true)")
    ]
    said = psql(postgres, script)
    session, depth = Settings({}), 0
    for at, step in enumerate(steps):
        depth = take(session, step, depth)
        own = session.show("a.b") if "a.b" in {*session._kept, *session._local} else ""
        assert [session.show("DateStyle"), session.show("TimeZone"), own] == said[4 * at + 1 : 4 * at + 4], (steps, at)


def possible(steps: list[str]) -> list[str]:
    """Steps that PostgreSQL takes: none fails, so that no transaction is stuck."""
    made, depth = list[str](), 0
    for step in steps:
        if (step == "begin") != (depth == 0) and step in ("begin", "commit", "rollback"):
            continue
        if (step.startswith("savepoint") and depth != 1) or (step.endswith(" s") and step[0] == "r" and depth != 2):
            continue
        if "local" in step and not depth:
            continue
        depth = {"begin": 1, "commit": 0, "rollback": 0, "savepoint s": 2, "release s": 1}.get(step, depth)
        made.append(step)
    return made


def take(session: Settings, step: str, depth: int) -> int:
    """Do a step; the number of transactions and savepoints that are open after it."""
    found = re.fullmatch(r"(set|reset) (local )?(\S+)(?: to (\S+))?", step)
    if found is not None:
        if found[3] == "all":
            session.reset_all()
        elif found[1] == "reset" or found[4] == "default":
            session.reset(found[3], local=bool(found[2]))
        else:
            session.set(found[3], [found[4]], local=bool(found[2]))
        return depth
    if step in ("begin", "savepoint s"):
        session.begin()
        return depth + 1
    if step in ("commit", "rollback"):
        for _ in range(depth):
            session.end() if step == "commit" else session.undo()
        return 0
    if step == "release s":
        session.end()
        return depth - 1
    session.undo()
    session.begin()
    return depth


def test_changes_are_reported_once_and_with_their_names() -> None:
    session = Settings(
        {"server_version": "11.3", "session_authorization": "LTAI", "datestyle": "iso, dmy"}, free=("hg_",)
    )
    first = dict(session.reports())
    assert list(first) == [
        "application_name", "client_encoding", "DateStyle", "default_transaction_read_only", "integer_datetimes",
        "in_hot_standby", "IntervalStyle", "is_superuser", "server_encoding", "server_version", "session_authorization",
        "standard_conforming_strings", "TimeZone",
    ]  # fmt: skip
    assert (first["DateStyle"], first["server_version"]) == ("ISO, DMY", "11.3")
    assert session.reports() == []
    session.set("timezone", ["asia/shanghai"])
    session.set("statement_timeout", ["1min"])
    session.set("hg_experimental_thing", ["on"])
    assert session.reports() == [("TimeZone", "Asia/Shanghai")]
    assert (session.number("statement_timeout"), session.show("HG_experimental_thing")) == (60_000, "on")
    assert (session.style.order, str(session.style.zone)) == ("DMY", "Asia/Shanghai")
    session.reset_all()
    assert session.reports() == [("TimeZone", "Etc/UTC")]
    with pytest.raises(PgError, match="42704"):
        session.show("hg_experimental_thing")
