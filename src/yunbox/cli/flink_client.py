"""The SQL Gateway and the JobManager as the command line asks them: their REST interfaces, as any client does."""

import json
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


class FlinkClient:
    """Both interfaces of one server."""

    def __init__(self, endpoints: Mapping[str, Any], key: Mapping[str, str]) -> None:
        self._gateway = HttpClient(str(endpoints["flink"]), _TIMEOUT_S)
        self._jobmanager = HttpClient(str(endpoints["flink_jobmanager"]), _TIMEOUT_S)
        user = f"{key['access_key_id']}:{key['access_key_secret']}"
        self._headers = {
            "Content-Type": "application/json",
            "Authorization": f"Basic {b64encode(user.encode()).decode()}",
        }

    # -- statements

    def open(self, name: str) -> str:
        """A session."""
        return str(self._ask(self._gateway, "POST", "/v4/sessions", {"sessionName": name})["sessionHandle"])

    def close(self, session: str) -> None:
        """End a session."""
        self._ask(self._gateway, "DELETE", f"/v4/sessions/{session}")

    def execute(self, session: str, statement: str) -> Iterator[dict[str, Any]]:
        """The pages of a statement's results. Raises FlinkError."""
        found = self._ask(self._gateway, "POST", f"/v4/sessions/{session}/statements", {"statement": statement})
        where: str | None = (
            f"/v4/sessions/{session}/operations/{found['operationHandle']}/result/0?rowFormat=PLAIN_TEXT"
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

    def rows(self, session: str, statement: str) -> list[list[Any]]:
        """All rows of a statement. Raises FlinkError."""
        return [row["fields"] for page in self.execute(session, statement) for row in page["results"]["data"]]

    # -- jobs

    def jobs(self) -> list[dict[str, Any]]:
        """All jobs, as /jobs/overview has them."""
        return list(self._ask(self._jobmanager, "GET", "/jobs/overview")["jobs"])

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

    def _ask(self, client: HttpClient, method: str, target: str, body: Any = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        try:
            return json.loads(client.call(method, target, self._headers, data).body or b"{}")
        except ServerError as error:
            raise FlinkError(_reason(error.message)) from None


def _reason(message: str) -> str:
    """The cause that a server's error names last."""
    text = message.partition(": ")[2]
    try:
        texts = json.loads(text)["errors"]
    except (ValueError, KeyError, TypeError):
        return message
    last = str(texts[-1])
    if _CAUSE in last:
        last = last.rpartition(_CAUSE)[2].partition(_END)[0].strip()
        name, _, rest = last.partition(": ")
        last = rest if "." in name and " " not in name else last
    return last
