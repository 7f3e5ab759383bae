"""The article's line, verbatim, and what a user expects of the console around it."""

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from odps import ODPS

from yunbox.testing.server import Server

LINE = (
    "odpscmd -e \"SELECT user_id, feature_vector FROM prod_ml_feature_store WHERE pt='20130509';\" > daily_features.csv"
)
AWKWARD = [
    ("plain", "1"),
    ("with, comma", 'say "hi"'),
    ("two\nlines", "carriage\r\nreturn"),
    ("中文、日本語", "naïve 🙂"),
    ("", None),
    (" spaces ", "'single'"),
]


class Console:
    """Runs shell lines in a folder, with `odpscmd` on the path and the vendor's configuration file."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.folder = folder
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        for name, module in (("odpscmd", "yunbox.cli.odpscmd"), ("yunbox", "yunbox")):
            script = bin_folder / name
            script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
            script.chmod(0o755)
        conf = folder / "conf"
        conf.mkdir()
        (conf / "odps_config.ini").write_text(
            "# the vendor's file\n"
            f"project_name={server.project}\naccess_id={server.access_key_id}\n"
            f"access_key={server.access_key_secret}\nend_point={server.endpoint}\n"
        )
        self.env = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}

    def run(self, line: str, *, check: bool = True, stdin: str = "") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            line, shell=True, cwd=self.folder, env=self.env, check=check, capture_output=True, input=stdin.encode()
        )


@pytest.fixture
def o(yunbox: Server) -> ODPS:
    return ODPS(yunbox.access_key_id, yunbox.access_key_secret, yunbox.project, endpoint=yunbox.endpoint)


@pytest.fixture
def console(yunbox: Server, tmp_path: Path) -> Console:
    return Console(yunbox, tmp_path)


def test_the_articles_line_with_awkward_data(o: ODPS, console: Console) -> None:
    table = o.create_table("prod_ml_feature_store", ("user_id string, feature_vector string", "pt string"))
    with table.open_writer(partition="pt=20130509", create_partition=True) as writer:
        writer.write([list(row) for row in AWKWARD])
    with table.open_writer(partition="pt=20130510", create_partition=True) as writer:
        writer.write([["other day", "x"]])
    done = console.run(LINE)
    text = (console.folder / "daily_features.csv").read_bytes()
    rows = list(csv.reader(io.StringIO(text.decode(), newline="")))
    assert rows[0] == ["user_id", "feature_vector"]
    assert rows[1:] == [[key, value or ""] for key, value in AWKWARD]
    assert text.endswith(b"\r\n")
    assert b'"",\r\n' in text  # an empty text is quoted, NULL is nothing at all
    progress = done.stderr.decode()
    assert "ID = " in progress
    assert "/logview/?" in progress
    assert "cost" in progress


def test_the_log_view_link_shows_the_instance_to_whoever_has_it_and_nothing_else(console: Console) -> None:
    done = console.run("odpscmd -e \"select '<b>' as x;\"")
    link = re.search(r"http://\S+/logview/\S+", done.stderr.decode())
    assert link is not None
    page = requests.get(link.group(), timeout=10)
    assert page.status_code == 200
    assert "select &#x27;&lt;b&gt;&#x27; as x" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    forged = link.group()[:-1] + ("0" if link.group()[-1] != "0" else "1")
    assert requests.get(forged, timeout=10).status_code == 401
    other = console.run('odpscmd -e "select 2 as y;"').stderr.decode()
    instance = re.search(r"ID = (\w+)", other)
    assert instance is not None
    moved = re.sub(r"([?&]i=)\w+", rf"\g<1>{instance.group(1)}", link.group())
    assert requests.get(moved, timeout=10).status_code == 403


def test_a_failed_statement_is_told_on_stderr_with_an_exit_status(console: Console) -> None:
    done = console.run('odpscmd -e "select * from nowhere;"', check=False)
    assert done.returncode == 1
    assert done.stdout == b""
    assert b"FAILED: ODPS-0130131" in done.stderr


def test_a_script_runs_statement_by_statement_and_stops_at_the_first_failure(console: Console) -> None:
    (console.folder / "script.sql").write_text(
        "-- a comment; with a semicolon\n"
        "create table t (a bigint);\n"
        "insert into t values (1);\n"
        "set odps.sql.timezone=UTC;\n"
        "select a, 'x;y' as b from t;\n"
        "select * from nowhere;\n"
        "insert into t values (2);\n"
    )
    done = console.run("odpscmd -f script.sql", check=False)
    assert done.returncode == 1
    assert done.stdout == b"a,b\r\n1,x;y\r\n"
    assert console.run('odpscmd -e "select count(*) c from t;"').stdout == b"c\r\n1\r\n"


def test_statements_from_standard_input(console: Console) -> None:
    assert console.run("odpscmd", stdin="select 1 as one; select 2 as two;").stdout == b"one\r\n1\r\ntwo\r\n2\r\n"


def test_a_terminal_gets_a_table(console: Console) -> None:
    parent, child = pty.openpty()
    command = ["sh", "-c", "odpscmd --quiet -e \"select 1 as n, '中文' as s, cast(null as string) as z;\""]
    process = subprocess.Popen(command, cwd=console.folder, env=console.env, stdout=child, stderr=child)
    os.close(child)
    shown = b""
    while True:
        try:
            data = os.read(parent, 4096)
        except OSError:
            break
        if not data:
            break
        shown += data
    os.close(parent)
    assert process.wait() == 0
    lines = [line for line in shown.decode().replace("\r", "").split("\n") if line]
    assert lines[1].split() == ["|", "n", "|", "s", "|", "z", "|"]
    assert lines[3].split() == ["|", "1", "|", "中文", "|", "NULL", "|"]
    assert lines[0] == lines[2] == lines[4]
    assert set(lines[0]) == {"+", "-"}


def test_a_project_a_config_and_keys_on_the_command_line(console: Console, yunbox: Server) -> None:
    console.run(f"yunbox project create other --data {yunbox.data}")
    assert console.run('odpscmd --project other -e "create table only_there (a bigint);"').returncode == 0
    names = console.run('odpscmd --project other -e "show tables;"').stdout.decode()
    assert "only_there" in names
    (console.folder / "bad.ini").write_text("nonsense\n")
    done = console.run('odpscmd --config bad.ini -e "select 1;"', check=False)
    assert done.returncode == 1
    assert b"key=value" in done.stderr
    keys = f"-u {yunbox.access_key_id} -p wrong --endpoint {yunbox.endpoint} --project {yunbox.project}"
    done = console.run(f'odpscmd {keys} -e "select 1;"', check=False)
    assert done.returncode == 1
    assert b"ODPS-0410042" in done.stderr


def test_whoami_cost_and_use(console: Console) -> None:
    assert b"ALIYUN$" in console.run('odpscmd -e "whoami;"').stdout
    console.run('odpscmd -e "create table t as select 1 as a;"')
    answer = console.run('odpscmd -e "cost sql select a from t;"').stdout.decode()
    assert re.search(r"Input: [1-9]\d* Bytes", answer)
    assert "Complexity: 1.0" in answer
    done = console.run('odpscmd -e "use nowhere; select 1;"', check=False)
    assert done.returncode == 1
    assert b"Project not found" in done.stderr


def test_a_closed_pipe_ends_quietly(console: Console) -> None:
    text = "set odps.sql.max.sequence.length=300000; select explode(sequence(1, 300000)) as n;"
    done = console.run(f'odpscmd --quiet -e "{text}" | head -2')
    assert done.stdout == b"n\r\n1\r\n"
    assert b"Traceback" not in done.stderr


def test_the_shell_prices_a_query_before_it_runs(console: Console, yunbox: Server) -> None:
    console.run('odpscmd -e "create table t as select 1 as a;"')
    done = console.run(f"yunbox sql --data {yunbox.data}", stdin="select a from t;\nselect b from t;\nquit\n")
    assert b"Cost:" in done.stderr
    assert b"FAILED: ODPS-0130071" in done.stderr
    assert b"a\r\n1" in done.stdout


def test_mistakes_end_with_a_line_and_never_a_traceback(console: Console, yunbox: Server) -> None:
    (console.folder / "latin.sql").write_bytes(b"select '\xe9';")
    for line, status, told in (
        ("odpscmd -f latin.sql", 1, b"not UTF-8 at byte 8"),
        ("odpscmd -f missing.sql", 1, b"No such file"),
        ('odpscmd -e "quit;"', 0, b""),
        ('odpscmd -e "list tables;"', 1, b"command of the vendor's console"),
        (f'yunbox sql --data {yunbox.data} "exit;"', 0, b""),
        ("yunbox up --data /dev/null/x", 1, b"Not a directory"),
        (f"yunbox up --data {console.folder / 'other'} --port-base 99999", 1, b"Port 99999 for maxcompute is not"),
        (f"yunbox bill --data {yunbox.data} --day yesterday", 2, b"YYYY-MM-DD"),
        (f"yunbox credentials --data {yunbox.data} --user nobody", 1, b"nobody"),
    ):
        done = console.run(line, check=False)
        assert (line, done.returncode) == (line, status)
        assert told in done.stderr
        assert b"Traceback" not in done.stderr


def test_rows_as_json_lines_for_programs(console: Console, yunbox: Server) -> None:
    sql = "select 1 as a, 'x' as b, null as c, 1.5BD as d, true as e"
    done = console.run(f'yunbox sql --data {yunbox.data} --output json "{sql}"')
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"a": 1, "b": "x", "c": None, "d": "1.5", "e": True}
    ]
    done = console.run(f'yunbox sql --data {yunbox.data} --output json "create table t (a bigint)"')
    assert json.loads(done.stdout) == {"result": "OK"}


def test_options_may_stand_before_a_name_or_after_it(console: Console, yunbox: Server) -> None:
    console.run(f"yunbox project create --data {yunbox.data} p1")
    console.run(f"yunbox project --data {yunbox.data} create p2")
    done = console.run(f"yunbox project list --data {yunbox.data} --output json")
    assert json.loads(done.stdout)["projects"] == ["p1", "p2", yunbox.project]
