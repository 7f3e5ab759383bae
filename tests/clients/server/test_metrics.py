"""GET /metrics, read as Prometheus reads it: with its own parser, and an AccessKey as user name and password."""

import json
from collections.abc import Callable

import oss2
import pytest
import requests
from odps import ODPS
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from yunbox.testing.server import Server

POLICY = {
    "Version": "1",
    "Statement": [{"Effect": "Allow", "Action": "cms:DescribeMetricList", "Resource": "acs:cms:*:*:*"}],
}


def scrape(server: Server) -> dict[str, float]:
    answer = requests.get(
        server.endpoints["metrics"], auth=(server.access_key_id, server.access_key_secret), timeout=10
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.text)
    return {_name(sample): sample.value for family in families for sample in family.samples}


def _name(sample: Sample) -> str:
    labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
    return f"{sample.name}{{{labels}}}" if labels else sample.name


def test_calls_are_counted_by_operation_and_code(server: Server, o: ODPS) -> None:
    before = scrape(server)
    bucket = oss2.Bucket(oss2.Auth(server.access_key_id, server.access_key_secret), server.endpoints["oss"], "counted")
    bucket.create_bucket()
    for number in range(3):
        bucket.put_object(f"k{number}", b"x" * 1000)
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.get_object("none")
    o.execute_sql("select 1")
    after = scrape(server)

    def grown(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert grown("yunbox_calls_total{code=OK,operation=PutObject,service=oss}") == 3
    assert grown("yunbox_calls_total{code=NoSuchKey,operation=GetObject,service=oss}") == 1
    assert grown("yunbox_bytes_total{direction=uploaded,service=oss}") == 3000
    assert grown("yunbox_call_duration_seconds_count{operation=PutObject,service=oss}") == 3
    assert grown("yunbox_call_duration_seconds_bucket{le=+Inf,operation=PutObject,service=oss}") == 3
    assert after["yunbox_call_duration_seconds_sum{operation=PutObject,service=oss}"] > 0
    assert after["yunbox_workers{state=busy}"] + after["yunbox_workers{state=idle}"] >= 1
    assert after["process_resident_memory_bytes"] > 1e7


def test_nothing_is_told_to_who_has_no_right(server: Server) -> None:
    url = server.endpoints["metrics"]
    answer = requests.get(url, timeout=10)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    for auth in ((server.access_key_id, "wrong"), ("LTAInone", server.access_key_secret), ("", "")):
        assert requests.get(url, auth=auth, timeout=10).status_code == 401
    for given in ("===", "\u00e9\u00e9\u00e9=", "//4="):  # no Base64, no ASCII, no UTF-8 in it
        assert requests.get(url, headers={"Authorization": f"Basic {given}"}, timeout=10).status_code == 400
    assert requests.get(url.replace("/metrics", "/other"), timeout=10).status_code == 404
    assert requests.post(url, auth=(server.access_key_id, server.access_key_secret), timeout=10).status_code == 404


def test_a_ram_user_needs_the_right(server: Server, cli: Callable[..., str]) -> None:
    cli("ram", "create-user", "watcher")
    key = json.loads(cli("ram", "--output", "json", "create-key", "watcher"))
    auth = key["access_key_id"], key["access_key_secret"]
    assert requests.get(server.endpoints["metrics"], auth=auth, timeout=10).status_code == 403
    cli("ram", "put-policy", "watch", json.dumps(POLICY))
    cli("ram", "attach", "watch", "watcher")
    assert requests.get(server.endpoints["metrics"], auth=auth, timeout=10).status_code == 200
