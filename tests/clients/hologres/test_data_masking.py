"""Data masking: what masked users read is masked whichever way they ask.

https://www.alibabacloud.com/help/en/hologres/security-and-compliance/data-masking, whose examples of masks they are.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import allow, connected, made_user, role_of
from tests.clients.hologres.test_following import Reader
from tests.clients.ram import Key
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]
PHONE, MASKED = "13912345679", "139******79"
EXAMPLES = (
    ("replace", "187222", "xxxx"),
    ("mask", "110106333222011234", "110106******011234"),
    ("cn_id_card", "516626188808082234", "5****************4"),
    ("cn_phone", PHONE, MASKED),
    ("bank_card", "632200020089526127", "**************6127"),
    ("email", "m1888@163.com", "m18***@163.com"),
    ("ip", "192.188.2.2", "192.***.*.*"),
    ("ip", "00-0c-29-a9-0f-4c", "00-**-**-**-**-**"),
    ("name", "Willam li", "* li"),
    ("name", "王小明", "*小明"),
    ("name", "欧阳小明", "**小明"),
    ("name", "Ada", "*"),
    ("cn_phone", "123", "***"),
    ("email", "nobody", "xxxx"),
)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own: masks are for all users of a database."""
    with Server(tmp_path_factory.mktemp("masks")) as made:
        yield made


@pytest.fixture(scope="module")
def bob(own: Server) -> Key:
    return made_user(own, "bob", allow())


@pytest.fixture
def boss(own: Server, bob: Key) -> Iterator[Client]:
    """The account, who sees everything, and a table with masks for everybody else."""
    with connected(own) as made:
        made.execute("create extension if not exists hg_anon")
        made.execute("alter database yunbox set hg_anon_enable = on")
        made.execute("drop schema if exists m cascade")
        made.execute("create schema m")
        made.execute("set search_path to m")
        made.execute("create table t (id int primary key, phone text, mail varchar(30), n int) "
                     "with (binlog_level = 'replica', orientation = 'row,column')")  # fmt: skip
        made.execute("insert into t values (1, %s, 'm1888@163.com', 7), (2, '13800000000', null, 8)", (PHONE,))
        made.execute("security label for hg_anon on role current_user is 'all:unmasked'")
        made.execute("security label for hg_anon on column t.phone is 'cn_phone'")
        made.execute("security label for hg_anon on column m.t.mail is 'email'")
        made.execute('grant all on schema m to "RAM$bob"')
        made.execute('grant all on all tables in schema m to "RAM$bob"')
        made.execute('security label for hg_anon on role "RAM$bob" is null')
        made.execute("drop role if exists advanced")
        yield made


@pytest.fixture
def user(own: Server, boss: Client, bob: Key) -> Iterator[Client]:
    with connected(own, bob) as made:
        made.execute("set search_path to m")
        yield made


def refused(client: Client, statement: str) -> tuple[str | None, str]:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(statement.encode())
    return caught.value.sqlstate, str(caught.value)


@pytest.mark.parametrize(("label", "value", "seen"), EXAMPLES)
def test_masks(boss: Client, user: Client, label: str, value: str, seen: str) -> None:
    boss.execute(f"security label for hg_anon on column t.phone is '{label}'".encode())
    boss.execute("update t set phone = %s where id = 1", (value,))
    assert user.execute("select phone from t where id = 1").fetchone() == (seen,)
    assert boss.execute("select phone from t where id = 1").fetchone() == (value,)


READS = (
    "select phone from t where id = 1",
    "select * from t where id = 1",
    "select row_to_json(t) from t where id = 1",
    "select upper(phone) || '' from t where n = 7",
    "select max(phone) from t where id = 1",
    "select array_agg(phone) from t where id in (1)",
    "select phone from t where id = any(array[1])",
    "select s.phone from t s join t r using (id) where r.id = 1",
    "with s as (select * from t) select phone from s where id = 1",
    "select phone from v where id = 1",
    "select phone from hers where id = 1",
    "select (select phone from t where id = 1)",
    "select string_agg(phone, ',') over () from t where id = 1",
    "select phone from t where id = 1 union all select 'x' where false",
    "select max(phone::text) filter (where id = 1) from t",
)


def test_no_query_sees_more(boss: Client, user: Client) -> None:
    boss.execute("create view v as select * from t")
    boss.execute('grant select on v to "RAM$bob"')
    user.execute("create view hers as select id, phone from t")
    for text in READS:
        found = str(user.execute(text.encode()).fetchall())
        assert MASKED in found, text
        assert PHONE not in found, text
        assert PHONE not in str(user.execute(text.encode(), prepare=True).fetchall()), text
    assert PHONE in str(boss.execute("select phone from v where id = 1").fetchall())


def test_conditions_see_masks(user: Client) -> None:
    for text in ("phone = %s", "phone like %s", "phone in (%s)", "position(%s in phone) > 0"):
        assert user.execute(f"select count(*) from t where {text}".encode(), (PHONE,)).fetchone() == (0,), text
    assert user.execute("select count(*) from t where phone = %s", (MASKED,)).fetchone() == (1,)
    assert user.execute("select id from t order by phone, id desc").fetchall() == [(2,), (1,)]


def test_copy_cursors_and_prepared(user: Client) -> None:
    for text in ("copy t to stdout", "copy t (phone) to stdout", "copy (select * from t) to stdout with (format csv)",
                 "copy t to stdout with (format binary)"):  # fmt: skip
        with user.cursor().copy(text.encode()) as rows:
            data = b"".join(bytes(one) for one in rows)
        assert MASKED.encode() in data, text
        assert PHONE.encode() not in data, text
    with user.transaction():
        user.execute("declare c cursor for select phone from t order by id")
        assert user.execute("fetch 1 from c").fetchone() == (MASKED,)
    user.execute("prepare p as select phone from t where id = $1")
    assert user.execute("execute p(1)").fetchone() == (MASKED,)
    fixed = psycopg.connect(user.info.dsn, password=user.info.password, options="-c hg_x=1", autocommit=True)
    with fixed:
        assert fixed.execute("select phone from m.t where id = 1").fetchone() == (MASKED,)


WRITES = (
    "insert into plain select id, phone from t",
    "insert into t select id + 10, phone, mail, n from t",
    "insert into plain select 1, 'x' from t where phone = 'x'",
    "insert overwrite plain select id, phone from t",
    "create table copied as select * from t",
    "update t set n = 1 where phone = 'x'",
    "update t set mail = phone where id = 1",
    "update t set n = n + 1 where n = 7",
    "update plain set v = t.phone from t where t.id = plain.id",
    "delete from t where phone = 'x'",
    "delete from t where n = 7",
    "update t set n = 1 where id = 1 returning phone",
    "delete from t where id = 1 returning *",
    "insert into t values (1, 'x', 'y', 1) on conflict (id) do update set n = 3 returning phone",
    "insert into t values (1, 'x', 'y', 1) on conflict (id) do update set mail = t.phone",
)


def test_nothing_is_written_that_is_masked(boss: Client, user: Client) -> None:
    user.execute("create table plain (id int primary key, v text)")
    before = boss.execute("select * from t order by id").fetchall()
    for text in WRITES:
        assert refused(user, text)[0] == "0A000", text
    assert "The insert table has not set SECURITY LABEL" in refused(user, WRITES[0])[1]
    assert refused(user, "call hg_insert_overwrite('m.plain', 'select id, phone from m.t')")[0] == "0A000"
    assert boss.execute("select * from t order by id").fetchall() == before
    assert boss.execute("select count(*) from plain").fetchone() == (0,)
    user.execute("update t set n = 9 where id = 1")
    user.execute("insert into t values (3, 'x', 'y', 1) on conflict (id) do update set n = excluded.n")
    user.execute("insert into t values (4, 'x', 'y', 1)")
    user.execute("insert into t select 5, 'x', 'y', n from t where id = 1")
    user.execute("delete from t where id = 4")
    assert boss.execute("select id, phone, n from t order by id").fetchall() == [
        (1, PHONE, 9), (2, "13800000000", 8), (3, "x", 1), (5, "x", 9)]  # fmt: skip


def test_neither_binlogs_nor_statistics_show_them(own: Server, boss: Client, user: Client, bob: Key) -> None:
    assert refused(user, "select hg_binlog_lsn, phone from t")[0] == "0A000"
    with pytest.raises(Exception, match="masked columns"), Reader(own, bob, table="m.t") as reader:
        reader.batch()
    boss.execute("insert into t select g, %s, 'a@b', 1 from generate_series(100, 300) g", (PHONE,))
    boss.execute("analyze t")
    for text in ("select * from pg_stats where tablename = 't'", "select most_common_vals from pg_stats"):
        assert PHONE not in str(user.execute(text.encode()).fetchall())


def test_who_sees_masks(boss: Client, user: Client) -> None:
    asked = "select phone, mail from t where id = 1"

    def seen() -> list[bool]:
        found = user.execute(asked).fetchone()
        assert found is not None
        return ["*" in one for one in found]

    boss.execute("create role advanced")
    boss.execute('grant advanced to "RAM$bob"')
    assert seen() == [True, True]
    for of, rules, masked in (
        ("advanced", "all:unmasked", [False, False]), ('"RAM$bob"', "email:masked", [False, True]),
        ('"RAM$bob"', "all", [True, True]), ('"RAM$bob"', "all:masked;email:unmasked", [True, False]),
        ('"RAM$bob"', None, [False, False]), ("advanced", "cn_phone:unmasked", [False, True]),
        ("advanced", None, [True, True]),
    ):  # fmt: skip
        rule = "null" if rules is None else f"'{rules}'"
        boss.execute(f"security label for hg_anon on role {of} is {rule}".encode())
        assert seen() == masked, (of, rules)
    boss.execute("alter database yunbox set hg_anon_enable = off")
    assert seen() == [False, False]
    boss.execute("alter database yunbox set hg_anon_enable = on")
    assert seen() == [True, True]
    boss.execute('revoke advanced from "RAM$bob"')
    boss.execute("security label for hg_anon on column t.phone is null")
    assert seen() == [False, True]


def test_plans_are_made_anew_for_other_roles(own: Server, boss: Client) -> None:
    text = "select phone from t where id = 1 and n > 0"
    for _ in range(6):
        assert boss.execute(text).fetchone() == (PHONE,)
    boss.execute(f"set role {role_of(own, 'bob')}".encode())
    assert boss.execute(text).fetchone() == (MASKED,)
    assert boss.execute("select phone from t where id = 1").fetchone() == (MASKED,)
    boss.execute("reset role")
    assert boss.execute(text).fetchone() == (PHONE,)


def test_partitions_have_their_tables_labels(boss: Client, user: Client) -> None:
    boss.execute("create table p (id int, ds text, phone text, primary key (id, ds)) partition by list (ds)")
    boss.execute("create table p_1 partition of p for values in ('1')")
    boss.execute("insert into p_1 values (1, '1', %s)", (PHONE,))
    boss.execute("security label for hg_anon on column p.phone is 'cn_phone'")
    boss.execute("create table p_2 partition of p for values in ('2')")
    boss.execute("insert into p_2 values (1, '2', %s)", (PHONE,))
    boss.execute('grant all on all tables in schema m to "RAM$bob"')
    for table in ("p", "p_1", "p_2"):
        assert user.execute(f"select distinct phone from {table}".encode()).fetchall() == [(MASKED,)]
    assert user.execute("select phone from p_1 where id = 1 and ds = '1'").fetchall() == [(MASKED,)]
    assert refused(boss, "security label for hg_anon on column p_1.phone is 'cn_phone'")[0] == "0A000"
    boss.execute("alter table p detach partition p_1")
    assert user.execute("select phone from p_1").fetchall() == [(MASKED,)]
    boss.execute("security label for hg_anon on column p_1.phone is null")
    assert refused(boss, "alter table p attach partition p_1 for values in ('1')")[0] == "0A000"


def test_what_is_kept(boss: Client, user: Client) -> None:
    labels = boss.execute("select objoid::regclass::text, objsubid, provider, label from pg_seclabel order by 2")
    assert labels.fetchall() == [("t", 2, "hg_anon", "cn_phone"), ("t", 3, "hg_anon", "email")]
    assert ("role", "all:unmasked") in boss.execute("select objtype, label from pg_seclabels").fetchall()
    assert boss.execute("select label from pg_shseclabel").fetchall() == [("all:unmasked",)]
    boss.execute("alter table t rename column phone to number")
    boss.execute("alter table t rename to moved")
    assert user.execute("select number from moved where id = 1").fetchone() == (MASKED,)
    boss.execute("truncate moved")
    boss.execute("insert into moved values (1, %s)", (PHONE,))
    assert user.execute("select number from moved where id = 1").fetchone() == (MASKED,)
    assert refused(boss, "drop extension hg_anon")[0] == "2BP01"
    boss.execute("alter table moved drop column number")
    assert len(boss.execute("select 1 from pg_seclabel").fetchall()) == 1


def test_what_is_refused(boss: Client, user: Client) -> None:
    for text, state in (
        ("security label for hg_anon on column t.n is 'mask'", "0A000"),
        ("security label for hg_anon on column t.phone is 'address'", "0A000"),
        ("security label for hg_anon on column t.nosuch is 'mask'", "42703"),
        ("security label for hg_anon on column nosuch.phone is 'mask'", "42P01"),
        ("security label for hg_anon on table t is 'mask'", "0A000"),
        ("security label for other on column t.phone is 'mask'", "22023"),
        ("security label on column t.phone is 'mask'", "22023"),
        ("security label for hg_anon on role nosuch is 'all'", "42704"),
        ("security label for hg_anon on role current_user is 'some:unmasked'", "22023"),
        ("set hg_anon_enable = off", "42501"),
    ):
        assert refused(boss, text)[0] == state, text
    for text in ("security label for hg_anon on column t.phone is null",
                 "security label for hg_anon on role current_user is 'all:unmasked'",
                 "alter database yunbox set hg_anon_enable = off"):  # fmt: skip
        assert refused(user, text)[0] == "42501", text


def test_they_are_there_after_a_crash(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        with connected(server) as made:
            made.execute("create extension hg_anon")
            made.execute("alter database yunbox set hg_anon_enable = on")
            made.execute("create table t (id int primary key, v text)")
            made.execute("insert into t values (1, 'secret')")
            made.execute("security label for hg_anon on column t.v is 'replace'")
        server.kill()
        server.start()
        with connected(server) as made:
            assert made.execute("select v from t where id = 1").fetchone() == ("xxxx",)
