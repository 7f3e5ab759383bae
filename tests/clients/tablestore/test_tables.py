"""Tables and rows beyond locks: definitions, keys of several columns, types, versions, times and bounds."""

import time
from typing import Any

import pytest
from tablestore import (
    PK_AUTO_INCR,
    CapacityUnit,
    ComparatorType,
    Condition,
    OTSClient,
    ReservedThroughput,
    Row,
    SecondaryIndexMeta,
    SingleColumnCondition,
    TableMeta,
    TableOptions,
)

from tests.clients.openapi.clients import Key
from tests.clients.tablestore.clients import ANY, connected, failure, get, new_table, put, refused
from yunbox.testing.server import Server

KEY = [("id", "INTEGER"), ("part", "STRING"), ("raw", "BINARY")]


def test_a_table_from_beginning_to_end(client: OTSClient) -> None:
    new_table(client, "whole", KEY, time_to_live=86_400, max_version=3, max_time_deviation=1000)
    described = client.describe_table("whole")
    assert described.table_meta.table_name == "whole"
    assert [column[:2] for column in described.table_meta.schema_of_primary_key] == KEY
    options = described.table_options
    assert (options.time_to_live, options.max_version, options.max_time_deviation) == (86_400, 3, 1000)
    assert failure(new_table, client, "whole", KEY) == (409, "OTSObjectAlreadyExist")
    client.put_row("whole", Row([("id", 1), ("part", "a"), ("raw", bytearray(b"\x00"))], []), Condition(ANY))
    client.delete_table("whole")
    assert failure(client.describe_table, "whole") == (404, "OTSObjectNotExist")
    assert failure(client.delete_table, "whole") == (404, "OTSObjectNotExist")
    new_table(client, "whole", KEY)
    _, row, _ = client.get_row("whole", [("id", 1), ("part", "a"), ("raw", bytearray(b"\x00"))], max_version=1)
    assert row is None, "its rows went with it"


def test_every_type_comes_back(client: OTSClient) -> None:
    new_table(client, "types", KEY)
    key = [("id", -(1 << 63)), ("part", "ü"), ("raw", bytearray(b"\xff\x00"))]
    values = [
        ("a", -1), ("b", 1.5), ("c", True), ("d", "text\n"), ("e", bytearray(b"\x00\xff")), ("f", ""),
        ("g", (1 << 63) - 1),
    ]  # fmt: skip
    client.put_row("types", Row(key, values), Condition(ANY))
    _, row, _ = client.get_row("types", key, max_version=1)
    assert row.primary_key == key
    assert [(name, value) for name, value, _ in row.attribute_columns] == values
    assert all(abs(stamp / 1000 - time.time()) < 60 for _, _, stamp in row.attribute_columns)
    _, row, _ = client.get_row("types", key, columns_to_get=["a", "none"], max_version=1)
    assert [(name, value) for name, value, _ in row.attribute_columns] == [("a", -1)]
    _, row, _ = client.get_row("types", key, columns_to_get=["none"], max_version=1)
    assert row is None


def test_versions_by_their_times(client: OTSClient) -> None:
    new_table(client, "versions", max_version=2)
    now = int(time.time() * 1000)
    cells = [("v", "old", now - 2000), ("v", "mid", now - 1000), ("v", "new", now)]
    client.put_row("versions", Row([("LockID", "k")], cells), Condition(ANY))

    def read(**how: Any) -> list[str]:
        _, row, _ = client.get_row("versions", [("LockID", "k")], **how)
        return [value for _, value, _ in row.attribute_columns] if row else []

    assert read(max_version=9) == ["new", "mid"], "the table keeps two"
    assert read(max_version=1) == ["new"]
    assert read(time_range=(now - 1000, now)) == ["mid"]
    assert read(time_range=now) == ["new"]
    early = Row([("LockID", "k")], [("v", "x", now - 86_400_000 - 60_000)])
    assert failure(client.put_row, "versions", early, Condition(ANY)) == (400, "OTSParameterInvalid")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ([("LockID", 1)], "Validate PK type fail. Input: VT_INTEGER, Meta: VT_STRING."),
        ([("Lock", "a")], "Validate PK name fail. Input: Lock, Meta: LockID."),
        ([("LockID", "a"), ("b", "c")], "Validate PK size fail. Input: 2, Meta: 1."),
    ],
)
def test_a_key_that_is_not_the_tables(client: OTSClient, table: str, key: Any, said: str) -> None:
    error = refused(client.put_row, table, Row(key, []), Condition(ANY))
    assert (error.get_http_status(), error.get_error_code(), error.get_error_message()) == (400, "OTSInvalidPK", said)


def test_bounds(client: OTSClient, table: str) -> None:
    for call, code in (
        (lambda: put(client, table, "k" * 1025), "OTSParameterInvalid"),
        (lambda: put(client, table, "k", "v" * (2 * 1024 * 1024 + 1)), "OTSParameterInvalid"),
        (
            lambda: client.put_row(
                table, Row([("LockID", "k")], [(f"c{number}", 1) for number in range(1025)]), Condition(ANY)
            ),
            "OTSOutOfColumnCountLimit",
        ),
        (lambda: client.put_row(table, Row([("LockID", "k")], [("1", 1)]), Condition(ANY)), "OTSParameterInvalid"),
        (lambda: client.put_row(table, Row([("LockID", "k")], [("LockID", 1)]), Condition(ANY)), "OTSParameterInvalid"),
    ):
        assert failure(call) == (400, code)
    assert failure(put, client, table, "k", "v" * (9 * 1024 * 1024)) == (413, "OTSRequestBodyTooLarge")
    put(client, table, "k" * 1024, "v" * (2 * 1024 * 1024))


def test_an_instance_has_64_tables(server: Server) -> None:
    client = connected(server, instance="full")
    for number in range(64):
        new_table(client, f"t{number}")
    assert failure(new_table, client, "one_more") == (403, "OTSQuotaExhausted")
    assert len(list(client.list_table())) == 64


def test_what_is_not_offered_says_so(client: OTSClient, table: str) -> None:
    index = SecondaryIndexMeta("index", ["LockID"], [])
    meta = TableMeta("indexed", [("LockID", "STRING")], [("v", "STRING")])
    where = SingleColumnCondition("Info", "x", ComparatorType.EQUAL)
    calls: tuple[tuple[Any, str], ...] = (
        (
            lambda: client.create_table(meta, TableOptions(), ReservedThroughput(CapacityUnit(0, 0)), [index]),
            "secondary indexes",
        ),
        (lambda: client.get_row(table, [("LockID", "k")], None, where, 1), "filters"),
        (lambda: client.put_row(table, Row([("LockID", "k")], []), Condition(ANY, where)), "conditions on columns"),
        (lambda: client.delete_row(table, [("LockID", "k")], transaction_id="t"), "transactions"),
        (lambda: client.update_table(table, TableOptions(max_version=2)), "UpdateTable"),
        (lambda: client.exe_sql_query("SELECT 1"), "SQLQuery"),
        (lambda: new_table(client, "incr", [("id", "INTEGER", PK_AUTO_INCR)]), "AUTO_INCREMENT"),
    )
    for call, named in calls:
        error = refused(call)
        assert (error.get_http_status(), error.get_error_code()) == (400, "OTSUnsupportOperation"), named
        assert named in error.get_error_message()


def test_a_declared_column_is_told_of(client: OTSClient) -> None:
    meta = TableMeta("declared", [("LockID", "STRING")], [("v", "STRING"), ("n", "INTEGER")])
    client.create_table(meta, TableOptions(), ReservedThroughput(CapacityUnit(0, 0)))
    assert client.describe_table("declared").table_meta.defined_columns == [("v", "STRING"), ("n", "INTEGER")]


@pytest.mark.parametrize(
    ("name", "fault"),
    [("1st", "Invalid table name"), ("", "table_name"), ("a" * 256, "Invalid table name"), ("a-b", "Invalid table")],
)
def test_names_of_tables(client: OTSClient, name: str, fault: str) -> None:
    assert fault in refused(new_table, client, name).get_error_message()


def test_an_unknown_or_disabled_key_and_a_wrong_secret(server: Server, table: str) -> None:
    nobody = Key("LTAI5tNobodysNobodysNobo", "x" * 30)
    error = refused(get, connected(server, nobody), table, "k")
    assert (error.get_http_status(), error.get_error_code()) == (403, "OTSAuthFailed")
    assert error.get_error_message() == "The AccessKeyID does not exist."
    wrong = Key(server.access_key_id, "x" * 30)
    assert refused(get, connected(server, wrong), table, "k").get_error_message() == "Signature mismatch."
