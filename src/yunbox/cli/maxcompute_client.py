"""The commands' own client of MaxCompute: signed like any other client's requests."""

import base64
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any
from urllib.parse import quote, urlencode

from yunbox.cli.http import Answer, Connection, HttpClient
from yunbox.kernel.errors import NotFound
from yunbox.schema.tables import Column
from yunbox.wire.odps.jobs import Task
from yunbox.wire.odps.records import RecordDecoder
from yunbox.wire.odps.signing import STS_TOKEN_HEADER, canonical_string, sign_v2
from yunbox.wire.odps.types import parse_type
from yunbox.wire.xml import Node, cdata, document, element, parse_body

_TIMEOUT_S = 300.0
_READ_BYTES = 1 << 20
_UNSUPPORTED = "InstanceTypeNotSupported"


@dataclass(frozen=True)
class Finished:
    """An instance that has ended: its text result, and whether it is a SELECT with rows to fetch."""

    id: str
    status: str
    text: str
    is_select: bool


class MaxComputeClient:
    """Submits statements and reads their results."""

    def __init__(self, connection: Connection, project: str) -> None:
        self.connection = connection
        self.project = project
        self._http = HttpClient(connection.endpoint, _TIMEOUT_S)

    # -- instances

    def submit(self, query: str, settings: Mapping[str, str], kind: str = "SQL") -> tuple[str, Node | None]:
        """Submit a statement; returns the instance's id, and its result when it ended at once."""
        task = Task(kind, f"Anonymous{kind}Task", query, settings=dict(settings))
        answer = self._call("POST", f"/projects/{self.project}/instances", body=_job(task))
        instance = answer.headers["location"].rsplit("/", 1)[1]
        return instance, parse_body(answer.body) if answer.body else None

    def wait(self, instance: str) -> Finished:
        """Wait for an instance to end and return what it says."""
        path = f"/projects/{self.project}/instances/{instance}"
        while True:
            body = self._call("GET", path, query=[("instancestatus", "")]).body
            if parse_body(body).value("Status") == "Terminated":
                break
        body = self._call("GET", path, query=[("result", "")]).body
        return finished(instance, parse_body(body))

    def stop(self, instance: str) -> None:
        """Ask for an instance to be stopped."""
        body = document(element("Instance", element("Status", "Terminated")))
        self._call("PUT", f"/projects/{self.project}/instances/{instance}", body=body)

    def summary(self, instance: str) -> dict[str, Any]:
        """What an instance read, as the summary has it."""
        body = self._call("GET", f"/projects/{self.project}/instances/{instance}", query=[("instancesummary", "")]).body
        return json.loads(json.loads(body)["Instance"]["JsonSummary"])

    def logview(self, instance: str) -> str:
        """A link to an instance that works for a while."""
        policy = {
            "Version": "1",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["odps:Read"],
                    "Resource": f"acs:odps:*:projects/{self.project}/instances/{instance}",
                }
            ],
        }
        body = json.dumps({"expires_in_hours": 24, "policy": policy}).encode()
        path = f"/projects/{self.project}/authorization"
        answer = self._call("POST", path, query=[("sign_bearer_token", "")], body=body).body
        token = parse_body(answer).value("Result")
        host = self._call("GET", "/logview/host").body
        query = urlencode({"h": self.connection.endpoint, "p": self.project, "i": instance, "token": token})
        return f"{host.decode()}/logview/?{query}"

    def security(self, statement: str) -> str:
        """Run a statement of the security language; returns its answer."""
        root = element("Authorization", element("Query", statement), element("ResponseInJsonFormat", "false"))
        body = self._call("POST", f"/projects/{self.project}/authorization", body=document(root)).body
        return parse_body(body).value("Result")

    # -- rows

    def rows(self, instance: str) -> tuple[list[Column], int, Iterator[tuple[Any, ...]]]:
        """The columns of a SELECT's result, how many rows it has, and the rows as they stream in."""
        path = f"/projects/{self.project}/instances/{instance}"
        body = self._call("POST", path, query=[("downloads", "")], tunnel=True).body
        session = json.loads(body)
        columns = [Column(c["name"], parse_type(c["type"])) for c in session["Schema"]["columns"]]
        count = int(session["RecordCount"])
        return columns, count, self._stream(path, session["DownloadID"], columns, count)

    def _stream(self, path: str, download: str, columns: list[Column], count: int) -> Iterator[tuple[Any, ...]]:
        if count == 0:
            return
        query = [("data", ""), ("downloadid", download), ("rowrange", f"(0,{count})")]
        decoder = RecordDecoder([(column.name, column.type) for column in columns])
        target, headers = self._signed("GET", path, query, tunnel=True)
        with self._http.open("GET", target, headers) as response:
            while data := response.read(_READ_BYTES):
                yield from decoder.feed(data)
            yield from decoder.finish()

    # -- HTTP

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: list[tuple[str, str]] | None = None,
        body: bytes = b"",
        tunnel: bool = False,
    ) -> Answer:
        target, headers = self._signed(method, path, query or [], tunnel=tunnel)
        return self._http.call(method, target, headers, body)

    def _signed(
        self, method: str, path: str, query: list[tuple[str, str]], *, tunnel: bool
    ) -> tuple[str, dict[str, str]]:
        """A request's target and its signed headers. The tunnel's paths have no ``/api`` before them."""
        prefix = "" if tunnel else self._http.path
        target = prefix + quote(path)
        if query:
            target += "?" + "&".join(f"{key}={quote(value, safe='')}" if value else key for key, value in query)
        headers = {"Date": formatdate(time.time(), usegmt=True), "Content-Type": "application/xml"}
        if self.connection.security_token:
            headers[STS_TOKEN_HEADER] = self.connection.security_token
        lowered = {key.lower(): value for key, value in headers.items()}
        signature = sign_v2(self.connection.access_key_secret, canonical_string(method, target, lowered, prefix))
        return target, headers | {"Authorization": f"ODPS {self.connection.access_key_id}:{signature}"}


def finished(instance: str, root: Node) -> Finished:
    """What a result document says."""
    task = root.find("Tasks/Task")
    if task is None:
        raise NotFound(f"The instance {instance} has no task")
    result = task.find("Result")
    text = result.text if result else ""
    if result and result.attributes.get("Transform") == "Base64":
        text = base64.b64decode(text).decode("utf-8", "replace")
    descriptor = task.value("ResultDescriptor")
    is_select = bool(descriptor) and bool(json.loads(descriptor).get("IsSelect"))
    return Finished(instance, task.value("Status"), text, is_select)


def _job(task: Task) -> bytes:
    settings = element("Property", element("Name", "settings"), element("Value", json.dumps(task.settings)))
    body = element(
        task.kind, element("Name", task.name), element("Config", settings), element("Query", cdata(task.query))
    )
    dag = element("DAG", element("RunMode", "Sequence"))
    return document(element("Instance", element("Job", element("Priority", 9), element("Tasks", body), dag)))
