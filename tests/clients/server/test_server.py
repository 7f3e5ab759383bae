"""The server as a process: start, stop, locks, formats, what it leaves and what it keeps secret."""

import json
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from odps import ODPS

from yunbox.testing.server import Server


def run(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "yunbox", *words], check=check, capture_output=True, text=True)


def client(server: Server) -> ODPS:
    return ODPS(server.access_key_id, server.access_key_secret, server.project, endpoint=server.endpoint)


def test_what_was_acknowledged_survives_a_restart(yunbox: Server) -> None:
    client(yunbox).execute_sql("create table t as select 1 as a")
    instance = client(yunbox).execute_sql("select 2 as b")
    yunbox.kill()
    yunbox.start()
    with client(yunbox).execute_sql("select a from t").open_reader() as reader:
        assert reader[0][0] == 1
    assert client(yunbox).get_instance(instance.id).is_successful()
    with client(yunbox).get_instance(instance.id).open_reader() as reader:
        assert reader[0][0] == 2
    assert yunbox.stop() == 0


def test_an_instance_that_was_running_at_a_crash_has_failed_and_is_free(yunbox: Server) -> None:
    o = client(yunbox)
    instance = o.run_sql(
        "set odps.sql.max.sequence.length=200000; "
        "select count(*) from (select explode(sequence(1, 200000))) a(x) "
        "join (select explode(sequence(1, 200000))) b(y) on a.x % 3 = b.y % 3"
    )
    assert instance.status == instance.Status.RUNNING
    yunbox.kill()
    yunbox.start()
    again = client(yunbox).get_instance(instance.id)
    assert again.is_terminated()
    assert not again.is_successful()
    bill = json.loads(run("bill", "--data", str(yunbox.data), "--output", "json").stdout)
    assert instance.id not in [line["key"] for line in bill["lines"]]


def test_a_second_server_on_the_same_data_is_refused_by_name(yunbox: Server) -> None:
    done = run("up", "--data", str(yunbox.data), check=False)
    assert done.returncode == 1
    assert f"process id {yunbox.pid}" in done.stderr


def test_sigterm_drains_and_exits_0(yunbox: Server) -> None:
    process = psutil.Process(yunbox.pid)
    children = process.children(recursive=True)
    assert yunbox.stop() == 0
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


def test_a_killed_server_leaves_nothing_in_the_folder_for_temporary_files(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    server = Server(tmp_path / "data", env={"TMPDIR": str(temporary)})
    for _ in range(2):
        server.start()
        with client(server).execute_sql("select 1 as a").open_reader() as reader:
            assert reader[0][0] == 1
        server.kill()
    assert list(temporary.iterdir()) == []


def test_no_child_outlives_a_killed_server(yunbox: Server) -> None:
    client(yunbox).execute_sql("select 1")
    children = psutil.Process(yunbox.pid).children(recursive=True)
    assert children
    yunbox.kill()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


def test_a_worker_that_crashes_fails_its_query_only(yunbox: Server) -> None:
    o = client(yunbox)
    instance = o.run_sql(
        "set odps.sql.max.sequence.length=200000; "
        "select count(*) from (select explode(sequence(1, 200000))) a(x) "
        "join (select explode(sequence(1, 200000))) b(y) on a.x % 3 = b.y % 3"
    )
    workers = [p for p in psutil.Process(yunbox.pid).children(recursive=True) if p.ppid() != yunbox.pid]
    busiest = max(workers, key=lambda p: p.cpu_times().user)
    busiest.send_signal(signal.SIGKILL)
    instance.wait_for_completion()
    assert not instance.is_successful()
    assert "worker" in instance.get_task_result()
    assert o.execute_sql("select 1").is_successful()


def test_a_newer_format_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "FORMAT").write_text("99\n")
    done = run("up", "--data", str(tmp_path), check=False)
    assert done.returncode == 1
    assert "format 99" in done.stderr
    assert "newer Yunbox" in done.stderr


def test_the_data_folder_and_its_secrets_are_private(yunbox: Server) -> None:
    assert stat.S_IMODE(yunbox.data.stat().st_mode) == 0o700
    for name in ("meta.db", "credentials.json", "logs/calls.jsonl"):
        assert stat.S_IMODE((yunbox.data / name).stat().st_mode) == 0o600, name


def test_no_secret_is_ever_logged(yunbox: Server) -> None:
    o = client(yunbox)
    o.execute_sql("select 1")
    key = json.loads(run("credentials", "--session", "900", "--data", str(yunbox.data), "--output", "json").stdout)
    secrets = [yunbox.access_key_secret, key["access_key_secret"], key["security_token"]]
    yunbox.stop()
    for path in (*yunbox.data.glob("logs/**/*.jsonl*"), *yunbox.data.glob("*.log"), yunbox.data / "stderr.txt"):
        if path.exists():
            text = path.read_text("utf-8", "replace")
            assert not any(secret in text for secret in secrets), path


def test_a_log_line_has_the_request_id_of_the_reply(yunbox: Server) -> None:
    project = client(yunbox).get_project()
    project.reload()
    yunbox.stop()
    events = [json.loads(line) for line in (yunbox.data / "logs" / "calls.jsonl").read_text().splitlines()]
    assert any(event["operation"] == "GetProject" and len(event["request_id"]) == 24 for event in events)


def test_only_loopback_is_listened_on(yunbox: Server) -> None:
    client(yunbox).execute_sql("select 1")
    processes = [psutil.Process(yunbox.pid), *psutil.Process(yunbox.pid).children(recursive=True)]
    listening = [c for p in processes for c in p.net_connections() if c.status == psutil.CONN_LISTEN]
    assert listening
    assert {c.laddr.ip for c in listening} == {"127.0.0.1"}


def test_detach_status_and_stop(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    started = json.loads(run("up", "--detach", "--data", data, "--output", "json").stdout)
    try:
        status = json.loads(run("status", "--data", data, "--output", "json").stdout)
        assert status["running"]
        assert status["endpoints"] == started["endpoints"]
    finally:
        stopped = json.loads(run("stop", "--data", data, "--output", "json").stdout)
    assert stopped["stopped"]
    assert run("status", "--data", data, check=False).returncode == 3
    assert not psutil.pid_exists(started["pid"]) or psutil.Process(started["pid"]).status() == psutil.STATUS_ZOMBIE


def test_a_port_block_is_used_and_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("up", "--data", str(tmp_path), "--port-base", str(port), check=False)
    assert done.returncode == 1
    assert f"Port {port}" in done.stderr


def test_doctor_finds_an_open_data_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    done = run("doctor", "--data", str(tmp_path), "--output", "json", check=False)
    findings = {finding["check"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert done.returncode == 1
    assert not findings["data folder"]["ok"]
    assert "chmod 700" in findings["data folder"]["mend"]


def test_credentials_as_environment(yunbox: Server) -> None:
    text = run("credentials", "--data", str(yunbox.data), "--output", "env").stdout
    assert f"export ALIBABA_CLOUD_ACCESS_KEY_ID={yunbox.access_key_id}" in text


def test_an_idle_server_is_small(yunbox: Server) -> None:
    client(yunbox).execute_sql("select 1")
    processes = [psutil.Process(yunbox.pid), *psutil.Process(yunbox.pid).children(recursive=True)]
    shares = [process.memory_full_info().pss for process in processes]
    assert sum(shares) < 200 * 1024 * 1024


@pytest.mark.parametrize("command", ["status", "credentials", "bill", "logs"])
def test_commands_on_an_empty_folder_say_what_to_do(tmp_path: Path, command: str) -> None:
    done = run(command, "--data", str(tmp_path), check=False)
    assert done.returncode in (0, 1, 3)
    assert "Traceback" not in done.stderr
