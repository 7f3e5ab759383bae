"""Groups of Kafka's consumers, as DataHub lists them: by the requests of the vendor's client for Java, and in use."""

import contextlib
import itertools
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.datahub import Client, Refused
from yunbox.testing.server import Server

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from kafka import KafkaConsumer
    from kafka import TopicPartition as Partition
    from kafka.structs import OffsetAndMetadata

_NUMBERS = itertools.count(1)


class Project:
    """A project with topics of bytes; ``group`` is the path of a group."""

    def __init__(self, client: Client, name: str) -> None:
        self.client = client
        self.name = name
        self.path = f"/projects/{name}"
        client.call("POST", self.path, Comment="")

    def topic(self, name: str) -> None:
        path = f"{self.path}/topics/{name}"
        self.client.call("POST", path, ShardCount=1, Lifecycle=1, RecordType="BLOB", Comment="")

    def group(self, name: str = "g") -> str:
        return f"{self.path}/groups/{name}"

    def groups(self) -> list[str]:
        return self.client.call("GET", f"{self.path}/groups")["GroupNames"]

    def bind(self, mode: str, *topics: str, group: str = "g") -> None:
        self.client.call("POST", self.group(group), Action="updatetopics", Mode=mode, Topics=topics)

    def bound(self, group: str = "g") -> dict[str, str]:
        """The group's subscriptions by their topics."""
        found = self.client.call("POST", self.group(group), Action="listsubscriptions")["Subscriptions"]
        return {one["TopicName"]: one["SubId"] for one in found}

    def subscriptions(self, topic: str) -> list[str]:
        path = f"{self.path}/topics/{topic}/subscriptions"
        found = self.client.call("POST", path, Action="list", PageIndex=1, PageSize=10)["Subscriptions"]
        return [one["SubId"] for one in found]

    def delete(self) -> None:
        for topic in self.client.call("GET", f"{self.path}/topics")["TopicNames"]:
            self.client.call("DELETE", f"{self.path}/topics/{topic}")
        self.client.call("DELETE", self.path)


@pytest.fixture
def project(server: Server) -> Iterator[Project]:
    with Client(server) as client:
        made = Project(client, f"groups_{next(_NUMBERS)}")
        made.topic("a")
        made.topic("b")
        yield made
        made.delete()


@contextlib.contextmanager
def consumer(server: Server, group: str) -> Iterator[Any]:
    made = KafkaConsumer(
        group_id=group,
        bootstrap_servers=server.endpoints["kafka"],
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        sasl_plain_username=server.access_key_id,
        sasl_plain_password=server.access_key_secret,
        enable_auto_commit=False,
    )
    yield made
    made.close()


def commit(server: Server, group: str, topic: str, offset: int) -> None:
    with consumer(server, group) as client:
        client.commit({Partition(topic, 0): OffsetAndMetadata(offset, "", -1)})


def committed(server: Server, group: str, topic: str) -> int | None:
    with consumer(server, group) as client:
        return client.committed(Partition(topic, 0))


def refused(work: Any) -> str:
    with pytest.raises(Refused) as error:
        work()
    return error.value.code


def test_a_group_and_its_topics(project: Project) -> None:
    call = project.client.call
    assert project.groups() == []
    call("POST", project.group(), Action="create", Comment="first")
    call("POST", project.group("h"), Action="create")
    assert refused(lambda: call("POST", project.group(), Action="create")) == "ResourceAlreadyExist"
    assert project.groups() == ["g", "h"]
    call("PUT", project.group(), Comment="second")
    found = call("GET", project.group())
    assert found["Comment"] == "second" and found["Creator"] and 0 < found["CreateTime"] <= found["LastModifyTime"]
    project.bind("ADD", "b", "A")
    project.bind("ADD", "a")
    bound = project.bound()
    assert list(bound) == ["a", "b"] and project.subscriptions("a") == [bound["a"]]
    project.bind("REMOVE", "a")
    project.bind("REMOVE", "a")
    assert project.bound() == {"b": bound["b"]} and project.subscriptions("a") == []
    call("DELETE", f"{project.path}/topics/b/subscriptions/{bound['b']}")
    assert project.bound() == {}
    project.bind("ADD", "b")
    call("DELETE", project.group())
    assert (project.groups(), project.subscriptions("b")) == (["h"], [])


def test_what_cannot_be(project: Project) -> None:
    call = project.client.call
    call("POST", project.group(), Action="create")
    assert refused(lambda: call("GET", project.group("none"))) == "ResourceNotFound"
    assert refused(lambda: call("POST", project.group("1-x"), Action="create")) == "InvalidParameter"
    assert refused(lambda: call("POST", project.group("x" * 129), Action="create")) == "InvalidParameter"
    assert refused(lambda: project.bind("ADD", "a", "none")) == "NoSuchTopic"
    assert refused(lambda: project.bind("ADD")) == "InvalidParameter"
    assert refused(lambda: project.bind("SET", "a")) == "InvalidParameter"
    assert project.bound() == {}
    for number in range(49):
        project.topic(f"t{number}")
    project.bind("ADD", *(f"t{number}" for number in range(49)), "a")
    assert refused(lambda: project.bind("ADD", "b")) == "LimitExceeded"
    assert len(project.bound()) == 50


def test_a_group_that_is_used_is_there(server: Server, project: Project) -> None:
    group, topic = f"{project.name}.readers", f"{project.name}.a"
    project.client.put(project.name, "a", "0", [b"x"] * 9)
    commit(server, group, topic, 3)
    assert project.groups() == ["readers"] and list(project.bound("readers")) == ["a"]
    commit(server, group, topic, 4)
    assert (committed(server, group, topic), len(project.subscriptions("a"))) == (4, 1)
    project.client.call("DELETE", f"{project.path}/topics/a/subscriptions/{project.bound('readers')['a']}")
    assert not committed(server, group, topic), "its offsets went with its subscription"
    commit(server, group, topic, 5)
    project.client.call("DELETE", project.group("readers"))
    assert (project.groups(), committed(server, group, topic)) == ([], None)


def test_groups_are_there_after_a_kill(tmp_path: Path) -> None:
    with Server(tmp_path / "data", options=("--services", "datahub")) as server:
        with Client(server) as client:
            project = Project(client, "kept")
            project.topic("a")
            client.put("kept", "a", "0", [b"x"] * 9)
            client.call("POST", project.group(), Action="create", Comment="c")
            project.bind("ADD", "a")
            bound = project.bound()
            commit(server, "kept.g", "kept.a", 7)
            gone = Project(client, "gone")
            client.call("POST", gone.group(), Action="create")
            gone.delete()
            again = Project(client, "gone")
            assert again.groups() == []
        server.kill()
        server.start()
        with Client(server) as client:
            project.client = again.client = client
            assert (project.groups(), project.bound(), again.groups()) == (["g"], bound, [])
            assert committed(server, "kept.g", "kept.a") == 7
            project.bind("REMOVE", "a")
            assert not committed(server, "kept.g", "kept.a")
