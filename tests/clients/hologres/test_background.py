"""Refreshes of dynamic tables by themselves and rebuilds of tables are statements like others: they are of somebody, on
the bill and in the log, and among the sessions while they run.

Sources: the vendor's pages "Manage Dynamic Table refresh tasks" (a full refresh is an INSERT in hg_stat_activity),
"REBUILD" (the query_id that is answered is the work's), "Get and analyze slow query logs".
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import waiting
from tests.clients.hologres.clients import account_id, allow, connected, made_user, role_of
from tests.clients.hologres.test_compute import bill, sums
from tests.clients.hologres.test_rebuilding import begun, ended
from tests.clients.ram import ram
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
ENDLESS = "select count(*) as n from t, generate_series(1, 100000) a, generate_series(1, 1000000) b where a % 7 = b % 5"
HEAVY = "select count(*) as n from t, generate_series(1, 3000) a, generate_series(1, 3000) b where (a * b + k) % 7 = 3"
HISTORY = """select query_id, status from hologres.hg_dynamic_table_refresh_history
    where dynamic_table_name = %s order by refresh_start"""
RUNNING = """select pid, usename, state, datname, query_id, query, application_name, client_addr
    from hg_stat_activity where backend_type = 'background worker'"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own with two gateways: either may do the work."""
    with Server(tmp_path_factory.mktemp("behind"), options=("--hologres-gateways", "2")) as made:
        with connected(made) as client:
            client.execute("create table t (k int primary key); insert into t values (1), (2)")
        yield made


@pytest.fixture
def boss(own: Server) -> Iterator[Client]:
    with connected(own) as made:
        yield made


def logged(client: Client, query_id: str) -> tuple[Any, ...]:
    """What the log has of a statement, once it has."""
    asked = "select usename, status, command_tag, query, affected_rows, datname, message, duration >= 0"
    return waiting.until(
        lambda: client.execute(f"{asked} from hologres.hg_query_log where query_id = %s", (query_id,)).fetchone(), 20
    )


def test_what_goes_on_behind_is_on_the_bill_of_whose_it_is(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        key = made_user(server, "heavy", allow())
        with connected(server) as client:
            client.execute("create table t (k int primary key, v text)")
            client.execute("insert into t values (1, 'a'), (2, 'b')")
            client.execute("create table other (a int)")
            client.execute(f'grant all on schema public to "{role_of(server, "heavy")}"')
            client.execute(f'grant select on t to "{role_of(server, "heavy")}"')
            with connected(server, key) as heavy:
                heavy.execute(f"create dynamic table hers with (freshness = '1 hours') as {HEAVY}")
                heavy.execute("create table mine (a int, b int)")
                heavy.execute("insert into mine select g, g from generate_series(1, 20000) g")
                ended(heavy, begun(heavy, "async rebuild table mine alter primary key (a)"))
            waiting.until(lambda: client.execute(HISTORY, ("hers",)).fetchall(), 30)
            ended(client, begun(client, "async rebuild table other alter a type text"))
    users = {line["principal"] for line in bill(tmp_path, "--by", "user", "--project", "hologres://yunbox")}
    account, heavy = sorted(users)
    hers, accounts = sums(tmp_path, heavy), sums(tmp_path, account)
    assert 0.05 < hers["Refresh"] < 60 and 0 < hers["Rebuild"] < 60
    assert 0 < accounts["Rebuild"] < 60 and "Refresh" not in accounts


def test_a_refresh_by_itself_is_in_the_log_under_the_number_that_its_history_has(own: Server, boss: Client) -> None:
    boss.execute("alter database yunbox set log_min_duration_statement = 0")
    boss.execute("create dynamic table counted (n, s) with (freshness = '1 hours') as select k, 'secret' from t")
    [(number, status)] = waiting.until(lambda: boss.execute(HISTORY, ("counted",)).fetchall(), 20)
    boss.execute("alter database yunbox reset log_min_duration_statement")
    assert status == "SUCCESS"
    text = "INSERT INTO public.counted (n, s) select k, ? from t"
    assert logged(boss, number) == (account_id(own), "SUCCESS", "REFRESH", text, 2, "yunbox", None, True)


def test_one_that_is_asked_for_is_in_the_log_under_the_number_that_its_history_has(boss: Client) -> None:
    boss.execute(
        "create dynamic table asked with (freshness = '1 hours', auto_refresh_enable = false) as select k from t"
    )
    boss.execute("set log_min_duration_statement = 0")
    boss.execute("refresh dynamic table asked")
    [(number, _)] = boss.execute(HISTORY, ("asked",)).fetchall()
    assert logged(boss, number)[1:4] == ("SUCCESS", "REFRESH", "refresh dynamic table asked")


@pytest.mark.parametrize(
    ("how", "told"),
    [("cancel", "57014: canceling statement due to user request"),
     ("terminate", "57P01: terminating connection due to administrator command")],
)  # fmt: skip
def test_a_refresh_by_itself_is_among_the_sessions_and_is_stopped(
    own: Server, boss: Client, how: str, told: str
) -> None:
    boss.execute(f"create dynamic table endless_{how} with (freshness = '1 hours') as {ENDLESS}")
    [(pid, user, state, database, number, query, application, address)] = waiting.until(
        lambda: boss.execute(RUNNING).fetchall(), 20
    )
    assert (user, state, database, application, address) == (account_id(own), "active", "yunbox", "", None)
    assert query == f"INSERT INTO public.endless_{how} (n) {ENDLESS}"
    key = made_user(own, f"peeper-{how}", allow())
    with connected(own, key) as other, pytest.raises(psycopg.errors.InsufficientPrivilege):
        other.execute(f"select pg_{how}_backend(%s)", (pid,))
    assert boss.execute(f"select pg_{how}_backend(%s)", (pid,)).fetchone() == (True,)
    history = waiting.until(lambda: boss.execute(HISTORY, (f"endless_{how}",)).fetchall(), 20)
    assert history == [(number, "FAILED")]
    assert boss.execute(RUNNING).fetchall() == []
    assert logged(boss, number)[1:3] == ("FAILED", "REFRESH")
    assert logged(boss, number)[6] == told
    boss.execute(f"drop dynamic table endless_{how}")


def test_a_rebuild_is_in_the_log_under_the_number_that_was_answered(own: Server, boss: Client) -> None:
    boss.execute("create table rebuilt (a text, b text); insert into rebuilt values ('1', '2'), ('x', '3')")
    number = begun(boss, "async rebuild table rebuilt alter b type int using b::int")
    assert ended(boss, number)[-1][:2] == ("swap", "done")
    found = logged(boss, number)
    text = "async rebuild table rebuilt alter b type int using b::int"
    assert found[:4] == (account_id(own), "SUCCESS", "REBUILD TABLE", text)
    number = begun(boss, "async rebuild table rebuilt alter a type int using a::int")
    ended(boss, number)
    assert logged(boss, number)[1:3] == ("FAILED", "REBUILD TABLE")
    asked = "select count(*) from hologres.hg_query_log where command_tag = 'ASYNC REBUILD TABLE'"
    waiting.until(lambda: boss.execute(asked).fetchone() == (2,), 10)


def test_a_rebuild_is_among_the_sessions_and_is_stopped(own: Server, boss: Client) -> None:
    boss.execute("create table slow (a int); insert into slow select g from generate_series(1, 3000000) g")
    number = begun(boss, "async rebuild table slow alter a type text using md5(md5(md5(a::text)))")
    [(pid, user, _, _, found, query, *_)] = waiting.until(lambda: boss.execute(RUNNING).fetchall(), 20)
    assert (user, found) == (account_id(own), number) and query.startswith("async rebuild table slow")
    [(at,)] = boss.execute("select distinct pid from hologres.rebuild_progress(%s) where pid is not null", (number,))
    assert at == pid
    assert boss.execute("select pg_cancel_backend(%s)", (pid,)).fetchone() == (True,)
    assert "error" in [status for _, status, _ in ended(boss, number)]
    assert logged(boss, number)[1] == "FAILED"
    number = begun(boss, "async rebuild table slow alter a type text using md5(md5(md5(a::text)))")
    waiting.until(lambda: boss.execute(RUNNING).fetchall(), 20)
    boss.execute(f"suspend '{number}'")
    assert logged(boss, number)[1:3] == ("FAILED", "REBUILD TABLE")
    boss.execute("drop table slow")


def test_the_work_of_one_who_may_not_come_in_any_more_is_refused(own: Server, boss: Client) -> None:
    key, role = made_user(own, "leaver", allow()), role_of(own, "leaver")
    boss.execute(f'grant all on schema public to "{role}"; grant select on t to "{role}"')
    made = "with (freshness = '1 hours', auto_refresh_enable = false) as select k from t"
    with connected(own, key) as leaver:
        leaver.execute(f"create dynamic table left_behind {made}; create dynamic table left_later {made}")
    for name, words, told in (
        ("left_behind", ("detach", "p-leaver", "leaver"), "42501: "),
        ("left_later", ("delete-user", "leaver"), "28000: "),
    ):
        ram(own, *words)
        boss.execute(f"alter dynamic table {name} set (auto_refresh_enable = true)")
        [(number, status)] = waiting.until(lambda of=name: boss.execute(HISTORY, (of,)).fetchall(), 20)
        user, _, tag, *_, message, _ = logged(boss, number)
        assert (status, user, tag) == ("FAILED", role, "REFRESH") and message.startswith(told)


def test_the_work_of_a_group_is_the_accounts(boss: Client) -> None:
    boss.execute("create role makers; grant select on t to makers; grant all on schema public to makers")
    boss.execute(
        "create dynamic table theirs with (freshness = '1 hours', auto_refresh_enable = false) as select k from t"
    )
    boss.execute("alter table theirs owner to makers")
    boss.execute("alter dynamic table theirs set (auto_refresh_enable = true)")
    assert waiting.until(lambda: boss.execute(HISTORY, ("theirs",)).fetchall(), 20)[0][1] == "SUCCESS"


def test_a_server_that_is_stopped_does_not_wait_and_what_went_on_is_begun_anew(tmp_path: Path) -> None:
    server = Server(tmp_path, options=("--services", "hologres")).start()
    with connected(server) as client:
        client.execute("create table t (k int); insert into t values (1)")
        client.execute(f"create dynamic table endless with (freshness = '1 hours') as {ENDLESS}")
        waiting.until(lambda: client.execute(RUNNING).fetchall(), 20)
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 15
    with server, connected(server) as client:
        [(pid, *_)] = waiting.until(lambda: client.execute(RUNNING).fetchall(), 20)
        assert client.execute(HISTORY, ("endless",)).fetchall() == []
        assert client.execute("select pg_cancel_backend(%s)", (pid,)).fetchone() == (True,)
        waiting.until(lambda: client.execute(HISTORY, ("endless",)).fetchall(), 20)
