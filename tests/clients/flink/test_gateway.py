"""The SQL Gateway's REST interface: sessions, statements, pages, types and errors, as Flink's own answers."""

import base64
import json
from contextlib import closing
from typing import Any

import pytest

from tests.flink import Flink, Refused, Rest, hologres
from yunbox.testing.server import Server


def test_versions(flink: Flink) -> None:
    for base in ("", "/v1", "/v4"):
        assert flink.gateway.ask("GET", f"{base}/info", {}) == {"productName": "Apache Flink", "version": "2.3.0"}
        assert flink.gateway.ask("GET", f"{base}/api_versions", {})["versions"] == ["V1", "V2", "V3", "V4"]


def test_a_session(server: Server) -> None:
    with Flink(server, **{"pipeline.name": "mine"}) as flink:
        where = f"/v1/sessions/{flink.session}"
        assert flink.gateway.ask("GET", where)["properties"] == {"pipeline.name": "mine"}
        flink.gateway.ask("POST", f"{where}/configure-session", {"statement": "SET 'a' = 'b'"})
        flink.rows("SET 'c' = 'd'")
        assert flink.gateway.ask("GET", where)["properties"] == {"pipeline.name": "mine", "a": "b", "c": "d"}
        flink.rows("RESET")
        assert flink.gateway.ask("GET", where)["properties"] == {"pipeline.name": "mine"}
        assert flink.gateway.ask("POST", f"{where}/heartbeat") == {}
    with closing(Rest(server.endpoints["flink"])) as rest, pytest.raises(Refused, match="does not exist"):
        rest.ask("GET", where)


def test_pages(flink: Flink) -> None:
    """One that was given can be had again, and those before it cannot."""
    where = f"/v2/sessions/{flink.session}"
    handle = flink.gateway.ask("POST", f"{where}/statements", {"statement": "SHOW CATALOGS"})["operationHandle"]
    page = f"{where}/operations/{handle}/result"
    first: dict[str, Any] = {"resultType": "NOT_READY"}
    while first["resultType"] == "NOT_READY":
        first = flink.gateway.ask("GET", f"{page}/0?rowFormat=JSON")
    assert first["nextResultUri"] == f"{page}/1?rowFormat=JSON"
    assert first["isQueryResult"] is False
    assert first["resultKind"] == "SUCCESS_WITH_CONTENT"
    assert [row["fields"] for row in first["results"]["data"]] == [["default_catalog"]]
    assert flink.gateway.ask("GET", f"{page}/0?rowFormat=JSON") == first
    last = flink.gateway.ask("GET", f"{page}/1?rowFormat=JSON")
    assert last["resultType"] == "EOS"
    assert "nextResultUri" not in last
    with pytest.raises(Refused, match="token"):
        flink.gateway.ask("GET", f"{page}/7")
    assert flink.gateway.ask("GET", f"{where}/operations/{handle}/status") == {"status": "FINISHED"}
    assert flink.gateway.ask("DELETE", f"{where}/operations/{handle}/close") == {"status": "CLOSED"}
    with pytest.raises(Refused, match="Can not find the submitted operation"):
        flink.gateway.ask("GET", f"{where}/operations/{handle}/status")


TYPES = [
    ("TRUE", {"type": "BOOLEAN", "nullable": False}, True, "TRUE"),
    ("CAST(1 AS TINYINT)", {"type": "TINYINT", "nullable": False}, 1, "1"),
    ("1", {"type": "INTEGER", "nullable": False}, 1, "1"),
    ("CAST(1 AS BIGINT)", {"type": "BIGINT", "nullable": False}, 1, "1"),
    ("CAST(NULL AS BIGINT)", {"type": "BIGINT", "nullable": True}, None, None),
    ("CAST(1.25 AS DECIMAL(10, 4))", {"type": "DECIMAL", "nullable": False, "precision": 10, "scale": 4}, 1.25,
     "1.2500"),
    ("CAST(0.5 AS DOUBLE)", {"type": "DOUBLE", "nullable": False}, 0.5, "0.5"),
    ("CAST('a' AS STRING)", {"type": "VARCHAR", "nullable": False, "length": 2147483647}, "a", "a"),
    ("'ab'", {"type": "CHAR", "nullable": False, "length": 2}, "ab", "ab"),
    ("DATE '2024-02-29'", {"type": "DATE", "nullable": False}, "2024-02-29", "2024-02-29"),
    ("TIMESTAMP '2024-02-29 01:02:03.5'", {"type": "TIMESTAMP_WITHOUT_TIME_ZONE", "nullable": False, "precision": 1},
     "2024-02-29T01:02:03.5", "2024-02-29 01:02:03.5"),
    ("ARRAY[1, 2]", {"type": "ARRAY", "nullable": False, "elementType": {"type": "INTEGER", "nullable": False}}, [1, 2],
     "[1, 2]"),
    ("MAP['k', 1]", {"type": "MAP", "nullable": False,
                     "keyType": {"type": "CHAR", "nullable": False, "length": 1},
                     "valueType": {"type": "INTEGER", "nullable": False}}, {"k": 1}, "{k=1}"),
    ("x'6162'", {"type": "BINARY", "nullable": False, "length": 2}, base64.b64encode(b"ab").decode(), "x'6162'"),
]  # fmt: skip


def test_types_and_values(flink: Flink) -> None:
    """Of a query of one row, in both formats."""
    flink.run("SET 'execution.runtime-mode' = 'batch'")
    query = "SELECT " + ", ".join(one[0] for one in TYPES)
    pages = flink.pages(query)
    assert [one["name"] for one in pages[0]["results"]["columns"]] == [f"EXPR${at}" for at in range(len(TYPES))]
    assert [one["logicalType"] for one in pages[0]["results"]["columns"]] == [one[1] for one in TYPES]
    assert all(page["isQueryResult"] for page in pages)
    [row] = [row for page in pages for row in page["results"]["data"]]
    assert row == {"kind": "INSERT", "fields": [one[2] for one in TYPES]}
    assert flink.rows(query, "PLAIN_TEXT") == [[one[3] for one in TYPES]]


def test_changes_of_a_stream(flink: Flink) -> None:
    query = "SELECT k, COUNT(*) FROM (VALUES ('a'), ('b'), ('a')) AS t(k) GROUP BY k"
    found: dict[str, int] = {}
    for kind, (key, count) in flink.changes(query):
        if kind in ("INSERT", "UPDATE_AFTER"):
            found[key] = count
    assert found == {"a": 2, "b": 1}
    flink.run("SET 'execution.runtime-mode' = 'batch'")
    assert sorted(flink.changes(query)) == [("INSERT", ["a", 2]), ("INSERT", ["b", 1])], "a batch takes nothing back"


def test_a_query_that_is_closed_ends(flink: Flink) -> None:
    flink.run("CREATE TABLE g (k BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '50')")
    where = f"/v2/sessions/{flink.session}"
    handle = flink.gateway.ask("POST", f"{where}/statements", {"statement": "SELECT * FROM g"})["operationHandle"]
    token, rows, job = 0, 0, ""
    while rows < 20:
        page = flink.gateway.ask("GET", f"{where}/operations/{handle}/result/{token}")
        if page["resultType"] == "PAYLOAD":
            job = page["jobID"]
            rows += len(page["results"]["data"])
            token += 1
    assert flink.state(job) == "RUNNING"
    flink.gateway.ask("DELETE", f"{where}/operations/{handle}/close")
    assert flink.state(job) == "CANCELED"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECTED 1", "SQL parse failed"),
        ("SELECT 1; SELECT 2", "One statement is taken at a time"),
        ("SELECT nothing FROM (VALUES (1)) AS t(k)", "nothing"),
        ("SELECT CAST('x' AS INT)", "x"),
        ("ADD JAR 'x.jar'", "needs the Flink backend"),
        ("STOP JOB 'ab'", "not found"),
    ],
)
def test_errors(flink: Flink, statement: str, said: str) -> None:
    with pytest.raises(Refused) as caught:
        flink.rows(statement)
    assert caught.value.status == 500
    assert caught.value.errors[0] == "Internal server error."
    assert "Caused by: " in caught.value.errors[1]
    assert said in caught.value.errors[1]


def test_secrets_are_masked(flink: Flink) -> None:
    flink.run(
        "CREATE TABLE t (k BIGINT) WITH ('connector' = 'hologres', 'password' = 'geheim', 'accessKey' = 'geheim')"
    )
    [[text]] = flink.rows("SHOW CREATE TABLE t")
    assert "'password' = '******'" in text
    assert "geheim" not in text
    flink.run("CREATE VIEW v AS SELECT k FROM t /*+ OPTIONS('password' = 'geheim') */")
    [[text]] = flink.rows("SHOW CREATE VIEW v")
    assert "OPTIONS('password' = '******')" in text


def test_secrets_are_in_no_answer_and_no_log(flink: Flink, server: Server) -> None:
    """Not in what a session or a job was told, nor in errors that repeat a statement or come from a service."""
    word = "s3cr3t-sauce"
    flink.run(
        f"SET 'fs.oss.accessKeySecret' = '{word}'",
        "SET 'table.exec.sink.keyed-shuffle' = 'AUTO'",
        "CREATE TABLE source (k BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1')",
        "CREATE TABLE nothing (k BIGINT) WITH ('connector' = 'blackhole')",
    )
    properties = flink.gateway.ask("GET", f"/v2/sessions/{flink.session}")["properties"]
    assert properties["fs.oss.accessKeySecret"] == "******"
    assert properties["table.exec.sink.keyed-shuffle"] == "AUTO"
    assert word not in str(flink.rows("SET"))
    job = flink.run("INSERT INTO nothing SELECT k FROM source")
    assert flink.job(job, "/config")["execution-config"]["user-config"]["fs.oss.accessKeySecret"] == "******"
    assert word not in str(flink.job(job)) + str(flink.rows("SHOW JOBS"))
    flink.cancel(job)
    for statement in (
        f"CREATE TABLE x (k BIGINT) WITH ('accessKey' = '{word}' '{word}')",
        f"CREATE TABLE x (k BIGINT) WITH ('accessKey' = '{word}",
        f"SELECT k FROM nowhere /*+ OPTIONS('password' = '{word}') */",
        f"SELECT CAST('{word}' AS BIGINT)",
    ):
        with pytest.raises(Refused) as caught:
            flink.rows(statement)
        assert word not in str(caught.value.errors)
    path = f"/v2/sessions/{flink.session}/configure-session"
    with pytest.raises(Refused, match=r"\*{6}") as caught:
        flink.gateway.ask("POST", path, {"statement": f"SELECT k FROM t /*+ OPTIONS('password' = '{word}') */"})
    assert word not in str(caught.value.errors)
    flink.run(hologres(server, "t", "k BIGINT", "target", password=word))
    with pytest.raises(Refused) as caught:
        flink.run("INSERT INTO target SELECT k FROM source")
    assert word not in str(caught.value.errors) + str(flink.gateway.ask("GET", f"/v2/sessions/{flink.session}"))
    assert all(word not in path.read_text(errors="replace") for path in server.data.rglob("*.log"))


def test_what_may_follow(flink: Flink) -> None:
    flink.run("CREATE TABLE clicks (k BIGINT) WITH ('connector' = 'blackhole')")
    body = {"statement": "SELECT * FROM cl", "position": 16}
    found = flink.gateway.ask("GET", f"/v2/sessions/{flink.session}/complete-statement", body)
    assert found == {"candidates": ["default_catalog.default_database.clicks"]}


def test_who_asks(server: Server, flink: Flink) -> None:
    """The user who runs the server is the account; who names a key has to prove it; a web page is not its reader."""

    def ask(**headers: str) -> int:
        try:
            flink.gateway.ask("GET", "/v1/info", None, **headers)
            return 200
        except Refused as refused:
            return refused.status

    def basic(secret: str) -> str:
        return "Basic " + base64.b64encode(f"{server.access_key_id}:{secret}".encode()).decode()

    assert ask(Authorization=basic(server.access_key_secret)) == 200
    assert ask(Authorization=basic("wrong")) == 401
    assert ask(Authorization="Bearer x") == 401
    assert ask(Origin="http://example.com") == 403
    assert ask(Host="example.com:80") == 403


def test_what_is_no_request(flink: Flink) -> None:
    for body in ([], {"properties": 3}, {"sessionName": 7}):
        with pytest.raises(Refused):
            flink.gateway.ask("POST", "/v1/sessions", body)
    with pytest.raises(Refused) as caught:
        flink.gateway.ask("GET", "/v1/nothing")
    assert caught.value.status == 404


def test_the_jobmanager(flink: Flink) -> None:
    flink.run("CREATE TABLE g (k BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100')")
    flink.run("CREATE TABLE nowhere (k BIGINT) WITH ('connector' = 'blackhole')", "SET 'pipeline.name' = 'made up'")
    job = flink.run("INSERT INTO nowhere SELECT k FROM g")
    ask = flink.jobmanager.ask
    assert {"id": job, "status": "RUNNING"} in ask("GET", "/jobs")["jobs"]
    [found] = [one for one in ask("GET", "/v1/jobs/overview")["jobs"] if one["jid"] == job]
    assert (found["name"], found["state"], found["end-time"]) == ("made up", "RUNNING", -1)
    assert ask("GET", "/overview")["flink-version"] == "2.3.0"
    assert flink.job(job)["name"] == "made up"
    assert flink.job(job, "/exceptions")["root-exception"] is None
    assert {"id": "numRestarts", "value": "0"} in flink.job(job, "/metrics?get=numRestarts,nothing")
    request = ask("POST", f"/jobs/{job}/savepoints", {})["request-id"]
    answer: dict[str, Any] = {"status": {"id": "IN_PROGRESS"}}
    while answer["status"]["id"] == "IN_PROGRESS":
        answer = flink.job(job, f"/savepoints/{request}")
    assert "savepoint-" in answer["operation"]["location"]
    assert flink.state(job) == "RUNNING"
    with pytest.raises(Refused) as caught:
        ask("GET", "/jobs/" + "0" * 32)
    assert caught.value.status == 404
    request = ask("POST", f"/jobs/{job}/stop", {"targetDirectory": "/tmp/elsewhere"})["request-id"]
    while (answer := flink.job(job, f"/savepoints/{request}"))["status"]["id"] == "IN_PROGRESS":
        pass
    assert "outside" in answer["operation"]["failure-cause"]["stack-trace"]
    request = ask("POST", f"/jobs/{job}/stop", {"targetDirectory": "mine"})["request-id"]
    while (answer := flink.job(job, f"/savepoints/{request}"))["status"]["id"] == "IN_PROGRESS":
        pass
    assert "/mine/savepoint-" in answer["operation"]["location"]
    assert flink.state(job) == "FINISHED"
    assert json.dumps(flink.job(job))
