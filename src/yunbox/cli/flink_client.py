"""The SQL Gateway and the JobManager as the command line asks them: their REST interfaces, as any client does."""

import json
import ssl
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from yunbox.cli.http import HttpClient, ServerError
from yunbox.kernel.errors import KernelError

_TIMEOUT_S = 60.0
_POLL_S = 0.02
_POLL_S_MAX = 0.5
_CAUSE = "Caused by: "
_END = "\n\tat "


class FlinkError(KernelError):
    """What the server has refused, without the frame that Java's clients take it out of."""


class GatewayClient:
    """A SQL Gateway: this server's, or any that has version 2 of its interface."""

    def __init__(
        self, endpoint: str, key: Mapping[str, str] | None = None, context: ssl.SSLContext | None = None
    ) -> None:
        self._gateway = HttpClient(endpoint, _TIMEOUT_S, context)
        self._headers = {"Content-Type": "application/json"}
        if key is not None:
            user = f"{key['access_key_id']}:{key['access_key_secret']}"
            self._headers["Authorization"] = f"Basic {b64encode(user.encode()).decode()}"

    def open(self, name: str, properties: Mapping[str, str] | None = None) -> str:
        """A session."""
        body = {"sessionName": name, "properties": dict(properties or {})}
        return str(self._ask(self._gateway, "POST", "/v2/sessions", body)["sessionHandle"])

    def close(self, session: str) -> None:
        """End a session."""
        self._ask(self._gateway, "DELETE", f"/v2/sessions/{session}")

    def execute(self, session: str, statement: str) -> Iterator[dict[str, Any]]:
        """The pages of a statement's results. Raises FlinkError."""
        found = self._ask(self._gateway, "POST", f"/v2/sessions/{session}/statements", {"statement": statement})
        where: str | None = (
            f"/v2/sessions/{session}/operations/{found['operationHandle']}/result/0?rowFormat=PLAIN_TEXT"
        )
        pause_s = _POLL_S
        while where is not None:
            page = self._ask(self._gateway, "GET", where)
            where = page.get("nextResultUri")
            if page["resultType"] == "NOT_READY" or (where and not page["results"]["data"]):
                time.sleep(pause_s)
                pause_s = min(pause_s * 2, _POLL_S_MAX)
            if page["resultType"] != "NOT_READY":
                yield page

    def job_name(self, session: str, job_id: str) -> str:
        """What a job is called, if the gateway knows it still."""
        return next((str(row[1]) for row in self.rows(session, "SHOW JOBS") if row[0] == job_id), "")

    def rows(self, session: str, statement: str) -> list[list[Any]]:
        """All rows of a statement. Raises FlinkError."""
        return [row["fields"] for page in self.execute(session, statement) for row in page["results"]["data"]]

    def _ask(self, client: HttpClient, method: str, target: str, body: Any = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        try:
            return json.loads(client.call(method, client.path + target, self._headers, data).body or b"{}")
        except ServerError as error:
            raise FlinkError(_reason(error.message, error.details.get("body", ""))) from None


class FlinkClient(GatewayClient):
    """Both interfaces of one server."""

    def __init__(self, endpoints: Mapping[str, Any], key: Mapping[str, str]) -> None:
        super().__init__(str(endpoints["flink"]), key)
        self._jobmanager = HttpClient(str(endpoints["flink_jobmanager"]), _TIMEOUT_S)

    def jobs(self) -> list[dict[str, Any]]:
        """All jobs, as /jobs/overview has them."""
        return list(self._ask(self._jobmanager, "GET", "/jobs/overview")["jobs"])

    def job_name(self, session: str, job_id: str) -> str:
        """As in GatewayClient; the JobManager knows also those that have ended."""
        return str(self.job(job_id)["name"])

    def job(self, job_id: str, what: str = "") -> dict[str, Any]:
        """A job, or a part of what is told of it."""
        return self._ask(self._jobmanager, "GET", f"/jobs/{job_id}{what}")

    def metrics(self, job_id: str, *names: str) -> dict[str, str]:
        """Metrics of a job."""
        found: Any = self._ask(self._jobmanager, "GET", f"/jobs/{job_id}/metrics?get={','.join(names)}")
        return {one["id"]: one["value"] for one in found}

    def stop(self, job_id: str, *, savepoint: bool) -> str:
        """End a job; where its savepoint lies, if it was to have one. Raises FlinkError."""
        if not savepoint:
            self._ask(self._jobmanager, "PATCH", f"/jobs/{job_id}?mode=cancel")
            return ""
        request = self._ask(self._jobmanager, "POST", f"/jobs/{job_id}/stop", {})["request-id"]
        while True:
            found = self._ask(self._jobmanager, "GET", f"/jobs/{job_id}/savepoints/{request}")
            if found["status"]["id"] == "COMPLETED":
                break
            time.sleep(_POLL_S_MAX)
        if "failure-cause" in found["operation"]:
            raise FlinkError(found["operation"]["failure-cause"]["stack-trace"])
        return str(found["operation"]["location"])


def _reason(message: str, body: str) -> str:
    """The cause that a server's error names last."""
    try:
        texts = json.loads(body)["errors"]
    except (ValueError, KeyError, TypeError):
        return message
    last = str(texts[-1])
    if _CAUSE in last:
        last = last.rpartition(_CAUSE)[2].partition(_END)[0].strip()
        name, _, rest = last.partition(": ")
        last = rest if "." in name and " " not in name else last
    return last
