"""Functions of the extensions orafce and pgcrypto.

https://www.alibabacloud.com/help/en/hologres/supported-oracle-functions, whose examples they are, and
.../developer-reference/pgcrypto-encrypt-decrypt. What that page does not say of orafce is as its documentation has it.
Bytes of ciphers are those that pgcrypto of PostgreSQL 15 gives.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest

from tests.clients.hologres.clients import connected
from yunbox.testing.server import Server

Client = psycopg.Connection[Any]


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with connected(server) as made:
        for name in ("orafce", "pgcrypto"):
            made.execute(f"create extension if not exists {name}")
        yield made
        for name in ("orafce", "pgcrypto"):
            made.execute(f"drop extension if exists {name}")


@pytest.mark.parametrize(
    ("call", "value"),
    [("add_months(date '2022-03-21', 2)", date(2022, 5, 21)), ("add_months(date '2005-05-31', 1)", date(2005, 6, 30)),
     ("add_months(date '2005-06-30', 1)", date(2005, 7, 31)), ("add_months('2020-03-31', -1)", date(2020, 2, 29)),
     ("oracle_last_day('2022-05-01')", date(2022, 5, 31)), ("oracle_last_day('2024-02-03')", date(2024, 2, 29)),
     ("next_day('2022-05-01', 'FRIDAY')", date(2022, 5, 6)), ("next_day('2022-05-01', 1)", date(2022, 5, 8)),
     ("next_day('2022-05-01', 2)", date(2022, 5, 2)), ("next_day(date '2005-05-24', 'mon')", date(2005, 5, 30)),
     ("next_day(date '1969-12-31', 4)", date(1970, 1, 7)), ("add_months('infinity', 1)::text", "infinity"),
     ("instr('Tech on the net', 'e')", 2), ("instr('Tech on the net', 'e', 1, 2)", 11),
     ("instr('Tech on the net', 'e', -3, 2)", 2), ("instr('abc', 'x')", 0), ("instr('aaa', 'aa', 1, 2)", 2),
     ("plvstr.rvrs('abcd')", "dcba"), ("plvstr.rvrs('abcd', 2)", "dcb"), ("plvstr.rvrs('abcd', 2, 3)", "cb"),
     ("plvstr.rvrs('abcd', -2)", "dc"), ("add_months(null, 1)", None), ("listagg(x)", "abc"),
     ("listagg(x, ',' order by x desc)", "c,b,a"), ("listagg(distinct x, '-')", "a-b-c"),
     ("encode(encrypt('a secret', 'key', 'aes'), 'hex')", "08089775fb329599cad72e544ba9e73d"),
     ("encode(encrypt('', 'key', 'aes'), 'hex')", "c717530f41f320757b4aa1bfaf11c42e"),
     ("encode(encrypt('0123456789abcdef', 'key', 'aes-cbc/pad:none'), 'hex')", "408c56dcc43a8ec2ee11b36b2a6da83e"),
     ("encode(encrypt('a', repeat('k', 33)::bytea, 'AES'), 'hex')", "7bb5d8374f373896f9a86baca07b142f"),
     ("convert_from(decrypt(encrypt('a secret', 'key', 'aes-ecb'), 'key', 'aes-ecb'), 'utf8')", "a secret")],
)  # fmt: skip
def test_what_they_give(client: Client, call: str, value: object) -> None:
    found = client.execute(f"select {call} from (values ('a'), ('b'), ('c')) t(x)".encode()).fetchone()
    assert found == (value,)


@pytest.mark.parametrize(
    ("call", "state"),
    [("next_day(date '2022-05-01', 'someday')", "22023"), ("next_day(date '2022-05-01', 8)", "22023"),
     ("instr('a', 'a', 1, 0)", "22023"), ("months_between('2022-01-01', '2021-11-01')", "0A000"),
     ("encrypt('a', 'b', 'rot13')", "22023"), ("encrypt('a', 'b', 'bf')", "0A000"),
     ("decrypt('a', 'b', 'aes')", "39000"), ("decrypt('0123456789abcdef', 'b', 'aes')", "39000"),
     ("encrypt('a', 'b', 'aes-cbc/pad:none')", "39000"), ("digest('a', 'md5')", "0A000")],
)  # fmt: skip
def test_what_they_refuse(client: Client, call: str, state: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        client.execute(f"select {call}".encode())
    assert caught.value.sqlstate == state


def test_they_come_with_their_extension(client: Client) -> None:
    client.execute("create schema oracles")
    client.execute("create table oracles.dated (k int primary key, d date default add_months(date '2020-01-31', 1))")
    with pytest.raises(psycopg.errors.DependentObjectsStillExist):
        client.execute("drop extension orafce")
    client.execute("drop schema oracles cascade")
    client.execute("drop extension orafce")
    with pytest.raises(psycopg.errors.UndefinedFunction) as caught:
        client.execute("select instr('a', 'a')")
    assert "CREATE EXTENSION orafce" in (caught.value.diag.message_hint or "")
