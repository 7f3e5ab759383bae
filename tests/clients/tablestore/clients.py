"""The vendor's client of Tablestore on a server, and rows of locks."""

from typing import Any

from tablestore import (
    CapacityUnit,
    Condition,
    OTSClient,
    OTSServiceError,
    ReservedThroughput,
    Row,
    RowExistenceExpectation,
    TableMeta,
    TableOptions,
)

from tests.clients.openapi.clients import Key
from yunbox.testing.server import Server

INSTANCE = "locks"
NEW, ANY, THERE = (
    RowExistenceExpectation.EXPECT_NOT_EXIST, RowExistenceExpectation.IGNORE, RowExistenceExpectation.EXPECT_EXIST,
)  # fmt: skip


class NoRetries:
    """A policy of none: each refusal is what the server said first."""

    def should_retry(self, *_: object) -> bool:
        return False

    def get_retry_delay(self, *_: object) -> float:
        return 0


def connected(server: Server, key: Key | None = None, instance: str = INSTANCE, **more: Any) -> OTSClient:
    """The client, as the account or with another key."""
    key = key or Key(server.access_key_id, server.access_key_secret)
    return OTSClient(
        server.endpoints["tablestore"], key.id, key.secret, instance, sts_token=key.token, retry_policy=NoRetries(),
        **more,
    )  # fmt: skip


def new_table(client: OTSClient, name: str, key: Any = (("LockID", "STRING"),), **options: Any) -> str:
    """A table; by default with the key that Terraform looks for."""
    client.create_table(TableMeta(name, list(key)), TableOptions(**options), ReservedThroughput(CapacityUnit(0, 0)))
    return name


def put(client: OTSClient, table: str, key: str, info: str = "mine", expects: str = NEW, **more: Any) -> Any:
    """Put a row with one column."""
    return client.put_row(table, Row([("LockID", key)], [("Info", info)]), Condition(expects), **more)


def get(client: OTSClient, table: str, key: str, **more: Any) -> dict[str, Any] | None:
    """The columns of a row; None where there is none."""
    _, row, _ = client.get_row(table, [("LockID", key)], **{"max_version": 1, **more})
    return None if row is None else {name: value for name, value, _ in row.attribute_columns}


def delete(client: OTSClient, table: str, key: str, expects: str = ANY) -> Any:
    """Delete a row."""
    return client.delete_row(table, [("LockID", key)], Condition(expects))


def failure(call: Any, *args: Any, **more: Any) -> tuple[int, str]:
    """The HTTP status and the code with which a call is refused."""
    error = refused(call, *args, **more)
    return error.get_http_status(), error.get_error_code()


def refused(call: Any, *args: Any, **more: Any) -> OTSServiceError:
    """What a call raises."""
    try:
        call(*args, **more)
    except OTSServiceError as error:
        return error
    raise AssertionError("the call was not refused")
