"""What a call used is metered however it ends, and told in its event; who managed what is in the audit trail."""

import json
from collections.abc import Callable
from typing import Any

import oss2
import pytest
import requests
from odps import ODPS, errors
from odps.tunnel import TableTunnel

from tests.clients.oss.second_client import open_to_public
from tests.waiting import until
from yunbox.testing.server import Server


@pytest.fixture
def bill(cli: Callable[..., str]) -> Callable[[str], list[dict[str, Any]]]:
    """The bill of a project, a line a query."""
    return lambda project: json.loads(cli("bill", "--project", project, "--output", "json"))["lines"]


def last(server: Server, operation: str, **like: object) -> dict[str, Any]:
    """The newest event of an operation that has these values; events are written a tenth of a second after."""
    found: list[dict[str, Any]] = []

    def is_there() -> bool:
        lines = (server.data / "logs" / "calls.jsonl").read_text().splitlines()
        events = [json.loads(line) for line in lines if f'"{operation}"' in line]
        found.extend(event for event in events if like.items() <= event.items())
        return bool(found)

    until(is_there)
    return found[-1]


def trail(server: Server) -> list[dict[str, Any]]:
    texts = [path.read_text() for path in (server.data / "logs" / "audit").iterdir()]
    return [json.loads(line) for text in texts for line in text.splitlines()]


def scanned(server: Server) -> float:
    auth = server.access_key_id, server.access_key_secret
    text = requests.get(server.endpoints["metrics"], auth=auth, timeout=10).text
    name = 'yunbox_bytes_total{direction="scanned",service="odps"} '
    return sum(float(line.removeprefix(name)) for line in text.splitlines() if line.startswith(name))


def test_a_table_made_from_an_external_one_is_billed(
    server: Server, o: ODPS, project: str, bill: Callable[[str], list[dict[str, Any]]]
) -> None:
    bucket = oss2.Bucket(oss2.Auth(server.access_key_id, server.access_key_secret), server.endpoints["oss"], "billed")
    bucket.create_bucket()
    body = "".join(f"{number},name {number}\n" for number in range(1000))
    bucket.put_object("rows/1.csv", body)
    o.execute_sql("create external table e (id bigint, name string) stored as csv location 'oss://billed/rows/'")
    o.execute_sql("create table copied as select * from e")
    line = next(line for line in bill(project) if "create table copied" in line["text"])
    assert line["quantity_bytes"] == len(body)
    assert line["cost"] == pytest.approx(len(body) / 1024**3 * 0.0044)


def test_what_sql_scans_is_in_the_metrics_and_in_the_event(server: Server, o: ODPS) -> None:
    o.execute_sql("create table t (id bigint, name string)")
    o.execute_sql("insert into t values (1, 'a'), (2, 'b')")
    before = scanned(server)
    o.execute_sql("select id, name from t")
    grown = scanned(server) - before
    assert grown > 0
    assert grown == o.execute_sql_cost("select id, name from t").input_size
    assert last(server, "Select", scanned_bytes=grown)["code"] == "OK"


def test_an_upload_that_fails_has_its_bytes_in_its_event_and_on_its_bill(
    server: Server, o: ODPS, project: str, bill: Callable[[str], list[dict[str, Any]]]
) -> None:
    o.create_table("t", "a bigint", if_not_exists=True)
    session = TableTunnel(o).create_upload_session("t")
    path = f"{server.endpoint.removesuffix('/api')}/projects/{project}/tables/t"
    damaged = b"\x08" + b"\xff" * 5000
    with pytest.raises(errors.ODPSError):
        session._client.put(path, data=damaged, params={"uploadid": session.id, "blockid": "0"})
    assert last(server, "UploadBlock", uploaded_bytes=len(damaged))["code"] != "OK"
    line = next(line for line in bill(project) if line["operation"] == "UploadBlock")
    assert line["quantity_bytes"] == len(damaged)


def test_an_event_names_what_was_reached_through_a_link_and_a_website(server: Server) -> None:
    url, name = server.endpoints["oss"], "reached"
    bucket = oss2.Bucket(oss2.Auth(server.access_key_id, server.access_key_secret), url, name)
    bucket.create_bucket()
    open_to_public(bucket)
    for key in ("secret", "e.html"):
        bucket.put_object(key, b"x")
    bucket.put_symlink("secret", "link", headers={"x-oss-object-acl": "public-read"})
    bucket.get_object("link").read()
    both = [f"{name}/link", f"{name}/secret"]
    assert last(server, "GetObject", resources=both)["decision"] == "allowed"
    bucket.copy_object(name, "link", "copy")
    assert last(server, "CopyObject")["resources"][-1] == f"{name}/secret"
    assert requests.get(f"{url}/{name}/link", timeout=10).status_code == 403
    assert last(server, "GetObject", resources=both, code="AccessDenied")["decision"] == "refused"
    bucket.put_bucket_website(oss2.models.BucketWebsite("i.html", "e.html"))
    bucket.put_bucket_acl("public-read")
    assert requests.get(f"{url}/{name}/missing", timeout=10).content == b"x"
    assert last(server, "GetObject", resources=[f"{name}/missing", f"{name}/e.html"])["decision"] == "allowed"


def test_management_is_in_the_audit_trail_and_data_is_not(server: Server, o: ODPS) -> None:
    bucket = oss2.Bucket(oss2.Auth(server.access_key_id, server.access_key_secret), server.endpoints["oss"], "audited")
    bucket.create_bucket()
    bucket.put_object("secret-plan.txt", b"x")
    o.execute_sql("create table audited (id bigint)")
    o.execute_sql("select * from audited")
    found = trail(server)
    assert any(line["operation"] == "PutBucket" and line.get("resources") == ["audited"] for line in found)
    assert any(line["operation"] == "CreateTable" and "resources" in line for line in found)
    assert not any("secret-plan" in json.dumps(line) for line in found)
    allowed = [line for line in found if line.get("decision") == "allowed"]
    assert not any(line["operation"] == "Select" for line in allowed)


def test_refusals_are_in_the_audit_trail(server: Server) -> None:
    bucket = oss2.Bucket(oss2.Auth(server.access_key_id, "wrong"), server.endpoints["oss"], "audited")
    with pytest.raises(oss2.exceptions.ServerError):
        bucket.put_object("a", b"x")
    assert any(line.get("decision") == "refused" and line["operation"] == "PutObject" for line in trail(server))
