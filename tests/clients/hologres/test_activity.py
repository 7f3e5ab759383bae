"""Who is connected and does what: pg_stat_activity and its kin, and sessions that others stop."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import account_id, allow, connected, made_user, raw, role_of
from tests.differential import connect
from tests.postgres import running
from tests.unit.services.hologres.raw import message
from yunbox.testing.server import Server

HEAVY = "select count(*) from generate_series(1, 100000) a, generate_series(1, 1000000) b where a % 7 = b % 5"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own with two gateways."""
    with Server(tmp_path_factory.mktemp("activity"), options=("--hologres-gateways", "2")) as made:
        yield made


@pytest.fixture
def boss(own: Server) -> Iterator[psycopg.Connection[Any]]:
    with connected(own, application_name="boss") as made:
        yield made


def until(told: Callable[[], Any]) -> Any:
    """What comes to be true, before long."""
    end = time.monotonic() + 10
    while not (found := told()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


def one(client: psycopg.Connection[Any], pid: int, *columns: str) -> tuple[Any, ...]:
    """A session as another sees it."""
    found = client.execute(f"select {', '.join(columns)} from pg_stat_activity where pid = %s", (pid,)).fetchone()
    assert found is not None
    return found


def test_one_sees_oneself(own: Server, boss: psycopg.Connection[Any]) -> None:
    row = boss.execute("select * from pg_stat_activity where pid = pg_backend_pid()", prepare=False).fetchone()
    assert row is not None
    found = dict(
        zip([one.name for one in boss.execute("select * from pg_stat_activity").description], row, strict=True)
    )
    assert (found["datname"], found["usename"]) == ("yunbox", account_id(own))
    assert (found["application_name"], found["state"]) == ("boss", "active")
    assert found["query"] == "select * from pg_stat_activity where pid = pg_backend_pid()"
    assert found["backend_type"] == "client backend"
    assert str(found["client_addr"]) == "127.0.0.1" and found["client_port"] > 0
    assert found["backend_start"] <= found["xact_start"] <= found["query_start"] == found["state_change"]
    role = boss.execute("select oid from pg_roles where rolname = current_user").fetchone()
    assert role == (found["usesysid"],)


def test_all_sessions_of_all_gateways_are_there(own: Server, boss: psycopg.Connection[Any]) -> None:
    clients = [connected(own) for _ in range(8)]
    try:
        pids = {client.info.backend_pid for client in clients}
        seen = {pid for (pid,) in boss.execute("select pid from pg_stat_activity").fetchall()}
        assert pids <= seen
        count = boss.execute("select numbackends from pg_stat_database where datname = 'yunbox'").fetchone()
        assert count is not None and count[0] >= len(pids) + 1
        assert boss.execute("select bool_or(ssl) from pg_stat_ssl").fetchone() == (False,)
    finally:
        for client in clients:
            client.close()
    until(lambda: not pids & {pid for (pid,) in boss.execute("select pid from pg_stat_activity").fetchall()})


def test_states(own: Server, boss: psycopg.Connection[Any]) -> None:
    with connected(own) as client:
        pid = client.info.backend_pid
        client.execute("select 41 + 1")
        assert one(boss, pid, "state", "query", "wait_event_type", "wait_event", "xact_start") == (
            "idle", "select 41 + 1", "Client", "ClientRead", None)  # fmt: skip
        with client.transaction(force_rollback=True):
            client.execute("select 42")
            state, query, started = one(boss, pid, "state", "query", "xact_start")
            assert (state, query) == ("idle in transaction", "select 42") and started is not None
            with pytest.raises(psycopg.errors.DivisionByZero), client.transaction():
                client.execute("select 1 / 0")
        client.execute("begin")
        with pytest.raises(psycopg.errors.DivisionByZero):
            client.execute("select 1 / 0")
        assert one(boss, pid, "state") == ("idle in transaction (aborted)",)
        client.execute("rollback")


def test_look_ups_that_are_answered_at_once_are_seen(own: Server, boss: psycopg.Connection[Any]) -> None:
    boss.execute("create table looked_up (id int primary key, v text)")
    boss.execute("insert into looked_up values (1, 'a')")
    with connected(own) as client:
        for _ in range(3):
            client.execute("select v from looked_up where id = %s", (1,), prepare=True)
        pid = client.info.backend_pid
        state, query, began, changed = one(boss, pid, "state", "query", "query_start", "state_change")
        assert (state, query) == ("idle", "select v from looked_up where id = $1")
        assert began == changed
        client.execute("select 7")
        later = one(boss, pid, "query", "query_start")
        assert later[0] == "select 7" and later[1] > began
    assert boss.execute("select n_live_tup from pg_stat_user_tables where relname = 'looked_up'").fetchone() == (1,)
    asked = "select indexrelname from pg_stat_user_indexes where relname = 'looked_up'"
    assert boss.execute(asked).fetchone() == ("looked_up_pkey",)


def test_what_others_ask_is_hidden(own: Server, boss: psycopg.Connection[Any]) -> None:
    key = made_user(own, "peeper", allow())
    boss.execute("select 'a secret of the boss'")
    with connected(own, key) as client:
        client.execute("select 'my own'")
        pid = boss.info.backend_pid
        names = "usename", "query", "state", "client_addr", "query_start"
        assert one(client, pid, *names) == (account_id(own), "<insufficient privilege>", None, None, None)
        hg = client.execute("select query, query_id from hg_stat_activity where pid = %s", (pid,)).fetchone()
        assert hg == ("<insufficient privilege>", None)
        assert one(client, client.info.backend_pid, "state") == ("active",)
        boss.execute(f'grant pg_read_all_stats to "{role_of(own, "peeper")}"')
        assert one(client, pid, "state")[0] == "idle"


def test_hg_stat_activity(boss: psycopg.Connection[Any]) -> None:
    row = boss.execute(
        "select query, state, query_id, transaction_id, pid, running_info from HG_STAT_ACTIVITY"
        " where pid = pg_backend_pid()"
    ).fetchone()
    assert row is not None and row[1] == "active"
    assert row[2].isdecimal() and row[3].isdecimal()


@pytest.mark.parametrize("how", ["pg_cancel_backend", "pg_terminate_backend"])
def test_a_statement_is_stopped_by_another(own: Server, boss: psycopg.Connection[Any], how: str) -> None:
    failed: list[BaseException] = []

    def run(client: psycopg.Connection[Any]) -> None:
        try:
            client.execute(HEAVY)
        except psycopg.Error as error:
            failed.append(error)

    with connected(own) as client:
        pid = client.info.backend_pid
        thread = threading.Thread(target=run, args=(client,))
        thread.start()
        until(lambda: one(boss, pid, "state", "query") == ("active", HEAVY))
        started = time.monotonic()
        asked = f"select {how}(pid) from pg_stat_activity where query = %s and pid <> pg_backend_pid()"
        assert boss.execute(asked, (HEAVY,)).fetchall() == [(True,)]
        thread.join()
        assert time.monotonic() - started < 20
        [error] = failed
        told = {"pg_cancel_backend": ("57014", "due to user request"),
                "pg_terminate_backend": ("57P01", "due to administrator command")}[how]  # fmt: skip
        assert isinstance(error, psycopg.Error)
        assert error.sqlstate == told[0] and told[1] in str(error)
        assert client.closed == (how == "pg_terminate_backend")


def test_an_idle_session_is_ended_and_one_that_is_none_is_not(own: Server, boss: psycopg.Connection[Any]) -> None:
    clients = [connected(own) for _ in range(4)]
    for client in clients:
        assert boss.execute("select pg_terminate_backend(%s)", (client.info.backend_pid,)).fetchone() == (True,)
        with pytest.raises(psycopg.OperationalError):
            client.execute("select 1")
        assert client.closed
    gone = "select pg_terminate_backend(%s)"
    until(lambda: boss.execute(gone, (clients[0].info.backend_pid,)).fetchone() == (False,))
    assert boss.execute("select pg_cancel_backend(-1), pg_cancel_backend(null)").fetchone() == (False, None)
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        boss.execute("select pg_terminate_backend(1, 5)")


def test_explaining_stops_nobody(own: Server, boss: psycopg.Connection[Any]) -> None:
    with connected(own) as client:
        boss.execute(f"explain select pg_terminate_backend({client.info.backend_pid})")
        assert client.execute("select 1").fetchone() == (1,)


def test_who_may_stop_whom(own: Server, boss: psycopg.Connection[Any]) -> None:
    keys = {name: made_user(own, name, allow()) for name in ("stopper", "stopped")}
    with connected(own, keys["stopper"]) as stopper, connected(own, keys["stopped"]) as stopped:
        stop = "select pg_cancel_backend(%s), pg_cancel_backend(%s)"
        mine, others, bosses = (one.info.backend_pid for one in (stopper, stopped, boss))
        for pid, told in (
            (others, "member of the role whose query is being canceled"),
            (bosses, "must be a superuser"),
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match=told):
                stopper.execute("select pg_cancel_backend(%s)", (pid,))
        with pytest.raises(psycopg.errors.QueryCanceled):
            stopper.execute("select pg_cancel_backend(%s)", (mine,))
            stopper.execute("select 1")
        boss.execute(f'grant pg_signal_backend to "{role_of(own, "stopper")}"')
        assert stopper.execute(stop, (others, others)).fetchone() == (True, True)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="must be a superuser to terminate"):
            stopper.execute("select pg_terminate_backend(%s)", (bosses,))


def test_cursors_and_prepared_statements(boss: psycopg.Connection[Any]) -> None:
    boss.execute("prepare mine (int) as select $1 + 1")
    asked = "select name, statement, parameter_types::text, from_sql, prepare_time <= now() from pg_prepared_statements"
    assert boss.execute(f"{asked} where name = 'mine'").fetchone() == (
        "mine", "prepare mine (int) as select $1 + 1", "{integer}", True, True)  # fmt: skip
    boss.execute("begin")
    boss.execute("declare here cursor for select 1 as one")
    asked = "select name, statement, is_holdable, is_binary, is_scrollable, creation_time is null from pg_cursors"
    assert boss.execute(f"{asked} where name <> ''", prepare=False).fetchall() == [
        ("here", "declare here cursor for select 1 as one", False, False, False, False)]  # fmt: skip
    boss.execute("commit")
    assert boss.execute("select count(*) from pg_cursors where name <> ''").fetchone() == (0,)
    assert boss.execute("select count(*) from pg_locks").fetchone() == (0,)


def test_time_zones_are_postgresqls(boss: psycopg.Connection[Any]) -> None:
    asked = ("select name, utc_offset::text, is_dst from pg_timezone_names where name in ('Asia/Shanghai', 'UTC',"
             " 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe') order by name")  # fmt: skip
    with running() as postgres, connect(postgres) as oracle:
        assert boss.execute(asked).fetchall() == oracle.execute(asked).fetchall()
    count = boss.execute("select count(*) from pg_timezone_names").fetchone()
    assert count is not None and count[0] > 400


def test_what_is_not_known_is_refused_by_name(boss: psycopg.Connection[Any]) -> None:
    for name in ("pg_stat_bgwriter", "pg_stat_archiver", "pg_timezone_abbrevs"):
        with pytest.raises(psycopg.errors.FeatureNotSupported, match=name):
            boss.execute(f"select * from {name}")


def test_a_session_that_is_mid_message_is_no_trouble(own: Server, boss: psycopg.Connection[Any]) -> None:
    client = raw(own)
    client.sock.sendall(message(b"P", b"p\0select 1\0\0\0"))
    assert boss.execute("select count(*) > 0 from pg_stat_activity").fetchone() == (True,)
    client.close()
