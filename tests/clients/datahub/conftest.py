"""pydatahub against the shared server: the unmodified client, in each of its three protocols."""

import itertools
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.clients.environments import packages
from yunbox.testing.server import Server

_NUMBERS = itertools.count(1)
Connect = Callable[..., Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The client warns of its own age."""
    for item in items:
        if "tests/clients/datahub" in item.nodeid:
            item.add_marker(pytest.mark.filterwarnings("ignore"))


@pytest.fixture(scope="session")
def sdk() -> ModuleType:
    """The package ``datahub``, from an environment of its own, as it has to be compiled."""
    if (folder := packages("datahub")) not in sys.path:
        sys.path.append(folder)
    import datahub
    import datahub.client
    import datahub.models

    return datahub


@pytest.fixture
def connect(server: Server, sdk: ModuleType) -> Connect:
    """Make a client: of a protocol (JSON, PB, BATCH), with a compression, as the account or with other keys."""

    def make(protocol: str = "JSON", compression: str = "LZ4", key: tuple[str, str] | None = None, **more: Any) -> Any:
        pair = key or (server.access_key_id, server.access_key_secret)
        return sdk.DataHub(
            *pair,
            server.endpoints["datahub"],
            protocol_type=sdk.DatahubProtocolType[protocol],
            compress_format=sdk.models.CompressFormat[compression],
            **more,
        )

    return make


@pytest.fixture
def dh(connect: Connect) -> Any:
    """The client in JSON."""
    return connect()


@pytest.fixture
def project(dh: Any) -> Iterator[str]:
    """A fresh project, gone after the test: an account has fifty at most."""
    name = f"project_{next(_NUMBERS)}"
    dh.create_project(name, "a test's")
    yield name
    for topic in dh.list_topic(name).topic_names:
        dh.delete_topic(name, topic)
    dh.delete_project(name)


@pytest.fixture
def topic(dh: Any, project: str, sdk: ModuleType) -> Iterator[Callable[..., str]]:
    """Make a topic; its connectors are gone after the test."""
    made: list[str] = []

    def make(shards: int = 1, **fields: str) -> str:
        made.append(f"t{next(_NUMBERS)}")
        types = [sdk.models.FieldType[kind] for kind in fields.values()]
        dh.create_tuple_topic(project, made[-1], shards, 3, sdk.models.RecordSchema.from_lists(list(fields), types), "")
        return made[-1]

    yield make
    for name in made:
        for connector in dh.list_connector(project, name).connector_ids:
            dh.delete_connector(project, name, connector)


@pytest.fixture
def schema(sdk: ModuleType) -> Any:
    """A schema with a field of each type."""
    kinds = sdk.models.FieldType
    names = ["tiny", "small", "whole", "big", "text", "real", "double", "flag", "at", "amount"]
    types = [kinds.TINYINT, kinds.SMALLINT, kinds.INTEGER, kinds.BIGINT, kinds.STRING, kinds.FLOAT, kinds.DOUBLE,
             kinds.BOOLEAN, kinds.TIMESTAMP, kinds.DECIMAL]  # fmt: skip
    return sdk.models.RecordSchema.from_lists(names, types)


@pytest.fixture
def pair(sdk: ModuleType) -> Any:
    """A schema of a number and a text."""
    kinds = sdk.models.FieldType
    return sdk.models.RecordSchema.from_lists(["id", "name"], [kinds.BIGINT, kinds.STRING])
