"""A client of Flink's two REST interfaces for tests, as Java's clients are: it asks, and is answered in JSON."""

import http.client
import json
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

from yunbox.testing.server import Server


class Refused(Exception):
    """An error of the server; ``errors`` are its texts."""

    def __init__(self, status: int, errors: list[str]) -> None:
        super().__init__(f"{status} {errors}")
        self.status = status
        self.errors = errors


class Rest:
    """One interface."""

    def __init__(self, endpoint: Any, context: ssl.SSLContext | None = None) -> None:
        at = urlsplit(str(endpoint))
        if context is None:
            self._line = http.client.HTTPConnection(at.hostname or "", at.port, timeout=60)
        else:
            self._line = http.client.HTTPSConnection(at.hostname or "", at.port, timeout=60, context=context)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer to a request. Raises Refused."""
        data = None if body is None else json.dumps(body)
        self._line.request(method, path, data, {"Content-Type": "application/json", **headers})
        answer = self._line.getresponse()
        found = json.loads(answer.read() or b"{}")
        if answer.status >= 400:
            raise Refused(answer.status, found["errors"])
        return found

    def close(self) -> None:
        self._line.close()


class Flink:
    """A session of the SQL Gateway, and the JobManager beside it."""

    def __init__(self, server: Server, **properties: str) -> None:
        self.server = server
        self.gateway = Rest(server.endpoints["flink"])
        self.jobmanager = Rest(server.endpoints["flink_jobmanager"])
        body = {"sessionName": "test", "properties": properties}
        self.session = self.gateway.ask("POST", "/v2/sessions", body)["sessionHandle"]

    def __enter__(self) -> "Flink":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.gateway.ask("DELETE", f"/v2/sessions/{self.session}")
        finally:
            self.gateway.close()
            self.jobmanager.close()

    def pages(self, statement: str, form: str = "JSON") -> list[dict[str, Any]]:
        """All pages of a statement. Raises Refused."""
        where = f"/v2/sessions/{self.session}"
        handle = self.gateway.ask("POST", f"{where}/statements", {"statement": statement})["operationHandle"]
        path: str | None = f"{where}/operations/{handle}/result/0?rowFormat={form}"
        found = []
        end = time.monotonic() + 60
        while path is not None:
            assert time.monotonic() < end, f"no end of {statement}: {found[-1:]}"
            page = self.gateway.ask("GET", path)
            path = page.get("nextResultUri")
            if page["resultType"] == "NOT_READY" or (path and not page["results"]["data"]):
                time.sleep(0.02)
            if page["resultType"] != "NOT_READY":
                found.append(page)
        self.gateway.ask("DELETE", f"{where}/operations/{handle}/close")
        return found

    def rows(self, statement: str, form: str = "JSON") -> list[list[Any]]:
        """All rows of a statement, without their kinds."""
        return [row["fields"] for page in self.pages(statement, form) for row in page["results"]["data"]]

    def changes(self, statement: str) -> list[tuple[str, list[Any]]]:
        """All rows of a statement, with their kinds."""
        return [(row["kind"], row["fields"]) for page in self.pages(statement) for row in page["results"]["data"]]

    def run(self, *statements: str) -> str:
        """Carry statements out; the id of the last job."""
        job = ""
        for statement in statements:
            for page in self.pages(statement):
                job = page.get("jobID", job)
        return job

    def job(self, job: str, what: str = "") -> Any:
        """What the JobManager says of a job."""
        return self.jobmanager.ask("GET", f"/jobs/{job}{what}")

    def state(self, job: str) -> str:
        """A job's state."""
        return str(self.job(job)["state"])

    def cancel(self, job: str) -> None:
        """End a job."""
        self.jobmanager.ask("PATCH", f"/jobs/{job}?mode=cancel")


def clicks(server: Server, project: str, of: str, columns: str, name: str = "clicks", **more: str) -> str:
    """CREATE TABLE of a topic of DataHub, read from its beginning."""
    options = {
        "connector": "datahub",
        "endPoint": str(server.endpoints["datahub"]),
        "project": project,
        "topic": of,
        "accessId": server.access_key_id,
        "accessKey": server.access_key_secret,
        "startTime": "2020-01-01 00:00:00",
        **more,
    }
    return f"CREATE TABLE {name} ({columns}) WITH ({written(options)})"


def hologres(server: Server, table: str, columns: str, name: str, **more: str) -> str:
    """CREATE TABLE of a table of Hologres."""
    at = server.endpoints["hologres"]
    assert isinstance(at, dict)
    options = {
        "connector": "hologres",
        "endpoint": f"{at['host']}:{at['port']}",
        "dbname": str(at["dbname"]),
        "tablename": table,
        "username": server.access_key_id,
        "password": server.access_key_secret,
        "mutateType": "insertOrUpdate",
        **more,
    }
    return f"CREATE TABLE {name} ({columns}) WITH ({written(options)})"


def written(options: dict[str, str]) -> str:
    """The options of WITH."""
    return ", ".join(f"'{name}' = '{value}'" for name, value in options.items())
