"""Roles without keys: the metadata server's tree, credentials that rotate, and commands that run with a role.

The vendor's own ``alibabacloud-credentials`` finds them in each of its ways.
"""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import oss2
import pytest
import requests
from alibabacloud_credentials.client import Client as CredentialClient
from alibabacloud_credentials.models import Config as CredentialConfig
from alibabacloud_ram20150501 import models as m
from odps import ODPS
from odps.accounts import CredentialProviderAccount

from tests.clients.moved_clock import moved
from tests.clients.openapi.clients import account, allow, policy, ram, trust
from tests.waiting import until
from yunbox.kernel.clock import ManualClock
from yunbox.testing.server import Server

ECS = trust("ecs.aliyuncs.com", kind="Service")
ADDRESS = "http://100.100.100.200"
TTL, TOKEN = "X-aliyun-ecs-metadata-token-ttl-seconds", "X-aliyun-ecs-metadata-token"


@pytest.fixture(scope="module")
def role(server: Server) -> str:
    """A role for instances, which reads and writes objects and runs queries."""
    return new_role(server, "worker", allow("oss:*"), allow("odps:*"))


def new_role(server: Server, name: str, *statements: dict[str, Any], document: str = ECS) -> str:
    client = ram(server)
    client.create_role(m.CreateRoleRequest(role_name=name, assume_role_policy_document=document))
    if statements:
        client.create_policy(m.CreatePolicyRequest(policy_name=f"of-{name}", policy_document=policy(*statements)))
        client.attach_policy_to_role(
            m.AttachPolicyToRoleRequest(policy_type="Custom", policy_name=f"of-{name}", role_name=name)
        )
    return name


class Instance:
    """A client of the metadata server, by way of the proxy or at its own address."""

    def __init__(self, server: Server, *, by_proxy: bool) -> None:
        self._proxies = {"http": server.endpoints["metadata"]} if by_proxy else {}
        self._base = ADDRESS if by_proxy else server.endpoints["metadata"]
        self.token = ""

    def put(self, ttl: str | None = "60", **headers: str) -> requests.Response:
        given = {**({TTL: ttl} if ttl is not None else {}), **headers}
        return requests.put(f"{self._base}/latest/api/token", headers=given, proxies=self._proxies, timeout=10)

    def get(self, path: str, token: str | None = None, **headers: str) -> requests.Response:
        given = {TOKEN: self.token if token is None else token, **headers}
        return requests.get(f"{self._base}/{path}", headers=given, proxies=self._proxies, timeout=10)

    def read(self, path: str) -> str:
        if not self.token:
            self.token = self.put().text
        found = self.get(f"latest/meta-data/{path}")
        assert found.status_code == 200, found.text
        return found.text


@pytest.mark.parametrize("by_proxy", [True, False])
def test_the_tree(server: Server, role: str, by_proxy: bool) -> None:
    instance = Instance(server, by_proxy=by_proxy)
    assert instance.read("owner-account-id") == account(server)
    assert instance.read("region-id") == server.region
    assert instance.read("zone-id").startswith(server.region)
    assert instance.read("instance-id").startswith("i-")
    assert {"region-id", "instance-id", "ram/"} <= set(instance.read("").split("\n"))
    assert instance.read("ram/") == "security-credentials/"
    assert role in instance.read("ram/security-credentials/").split("\n")
    found = json.loads(instance.read(f"ram/security-credentials/{role}"))
    assert found["Code"] == "Success"
    auth = oss2.StsAuth(found["AccessKeyId"], found["AccessKeySecret"], found["SecurityToken"])
    oss2.Bucket(auth, server.endpoints["oss"], f"by-{by_proxy}".lower()).create_bucket()
    assert json.loads(instance.read(f"ram/security-credentials/{role}")) == found, "renewed after 30 minutes"


def test_the_tree_is_closed_without_a_token(server: Server, role: str) -> None:
    instance = Instance(server, by_proxy=True)
    for token in ("", "x", "99999999999-0", "²-"):
        assert instance.get("latest/meta-data/region-id", token.encode().decode("latin-1")).status_code == 403
    for ttl in ("0", "21601", "many", None):
        assert instance.put(ttl).status_code == 400
    assert instance.put(**{"X-Forwarded-For": "10.0.0.1"}).status_code == 403
    assert instance.put(Origin="http://example.com").status_code == 403
    instance.token = instance.put("1").text
    assert instance.get("latest/meta-data/region-id").status_code == 200
    until(lambda: instance.get("latest/meta-data/region-id").status_code == 403)
    instance.token = instance.put().text
    assert instance.get("latest/meta-data/nothing").status_code == 404
    assert instance.get("latest/user-data/../api").status_code == 404


def test_only_roles_for_instances(server: Server, role: str) -> None:
    new_role(server, "for-people", document=trust(f"acs:ram::{account(server)}:root"))
    instance = Instance(server, by_proxy=True)
    assert "for-people" not in instance.read("ram/security-credentials/").split("\n")
    for name in ("for-people", "nobody"):
        assert instance.get(f"latest/meta-data/ram/security-credentials/{name}").status_code == 404


def test_the_proxy_leads_nowhere_else(server: Server) -> None:
    proxies = {"http": server.endpoints["metadata"]}
    for url in ("http://example.com/", "http://127.0.0.1:1/", "http://100.100.100.201/latest/meta-data/"):
        assert requests.get(url, proxies=proxies, timeout=10).status_code == 403
    assert requests.get(server.endpoints["metrics"], proxies=proxies, timeout=10).status_code == 401


def test_the_sdks_of_today_go_by_way_of_the_proxy(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", server.endpoints["metadata"])
    monkeypatch.setenv("http_proxy", server.endpoints["metadata"])
    assert account(server)
    key = server.access_key_id, server.access_key_secret
    bucket = oss2.Bucket(oss2.Auth(*key), server.endpoints["oss"], "by-proxy")
    bucket.create_bucket()
    data = os.urandom(300_000)
    bucket.put_object("k", data)
    assert bucket.get_object("k").read() == data
    assert bucket.head_object("k").content_length == len(data)


def test_a_client_that_leaves_the_port_out_of_its_host_is_served(server: Server) -> None:
    """The vendor's credentials library does so where no proxy is set."""
    name = new_role(server, "portless", allow("oss:*"))
    program = "import os; print(os.environ['ALIBABA_CLOUD_CREDENTIALS_URI']); input()"
    command = [sys.executable, "-m", "yunbox", "run", "--data", str(server.data), "--role", name, "--"]
    with subprocess.Popen(
        [*command, sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        uri = holder.stdout.readline().strip()
        client = CredentialClient(CredentialConfig(type="credentials_uri", credentials_uri=uri))
        assert client.get_credential().security_token
        url = urlsplit(uri)
        assert _status(url.hostname, url.port, url.path, "127.0.0.1") == 200
        assert _status(url.hostname, url.port, url.path, "elsewhere.example") == 403
        holder.stdin.write("\n")


def _status(host: str | None, port: int | None, path: str, named: str) -> int:
    with contextlib.closing(http.client.HTTPConnection(str(host), port)) as connection:
        connection.request("GET", path, headers={"Host": named})
        return connection.getresponse().status


# -- alibabacloud-credentials, across a rotation


@pytest.fixture
def clock() -> ManualClock:
    """It begins now, as some clients ask the machine itself for the time."""
    return ManualClock(time.time())


@pytest.fixture
def rotating(tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server, and clients, whose time the test moves."""
    with moved(tmp_path / "data", clock, monkeypatch) as running:
        local = time.localtime
        monkeypatch.setattr(time, "time", clock.time)
        monkeypatch.setattr(time, "localtime", lambda at=None: local(clock.time() if at is None else at))
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, running.ready.endpoints["metadata"])
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "127.0.0.1,localhost")
        server = Server(tmp_path / "data")
        server.endpoints = dict(running.ready.endpoints)
        server.project, server.region = running.ready.project, running.region
        server.access_key_id, server.access_key_secret = running.key
        yield server


class Provider(oss2.credentials.CredentialsProvider):
    """Gives oss2 what alibabacloud-credentials has."""

    def __init__(self, client: CredentialClient) -> None:
        self._client = client

    def get_credentials(self) -> oss2.credentials.Credentials:
        found = self._client.get_credential()
        return oss2.credentials.Credentials(found.access_key_id, found.access_key_secret, found.security_token)


def test_clients_go_on_across_rotations(rotating: Server, clock: ManualClock) -> None:
    name = new_role(rotating, "batch", allow("oss:*"), allow("odps:*"))
    client = CredentialClient(CredentialConfig(type="ecs_ram_role", role_name=name))
    bucket = oss2.Bucket(oss2.ProviderAuth(Provider(client)), rotating.endpoints["oss"], "rotation")
    bucket.create_bucket()
    o = ODPS(
        account=CredentialProviderAccount(client), project=rotating.project, endpoint=rotating.endpoints["maxcompute"]
    )
    o.execute_sql("CREATE TABLE rotation (n BIGINT)")
    keys = set()
    for round_ in range(6):  # 100 minutes
        keys.add(client.get_credential().access_key_id)
        bucket.put_object(str(round_), formatdate(clock.time()).encode())
        assert bucket.get_object(str(round_)).read()
        o.execute_sql(f"INSERT INTO rotation VALUES ({round_})")
        clock.advance(20 * 60)
    assert len(keys) > 1
    with o.execute_sql("SELECT count(*) FROM rotation").open_reader() as reader:
        assert next(iter(reader))[0] == 6


def test_old_credentials_are_good_to_their_end(rotating: Server, clock: ManualClock) -> None:
    name = new_role(rotating, "old", allow("oss:*"))
    instance = Instance(rotating, by_proxy=True)

    def given() -> dict[str, str]:
        instance.token = instance.put().text
        return json.loads(instance.read(f"ram/security-credentials/{name}"))

    first = given()
    auth = oss2.StsAuth(first["AccessKeyId"], first["AccessKeySecret"], first["SecurityToken"])
    bucket = oss2.Bucket(auth, rotating.endpoints["oss"], "oldies")
    bucket.create_bucket()
    clock.advance(29 * 60)
    assert given() == first
    clock.advance(2 * 60)
    second = given()
    assert second["AccessKeyId"] != first["AccessKeyId"]
    bucket.put_object("k", b"x")
    clock.advance(28 * 60)
    bucket.put_object("k", b"x")
    clock.advance(2 * 60)
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.put_object("k", b"x")
    assert caught.value.code == "SecurityTokenExpired"


# -- yunbox run


def run(server: Server, name: str, *words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "yunbox", "run", "--data", str(server.data), "--role", name, "--", *words]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **(env or {})}, input="from outside"
    )


WHO = """
import os, sys
from alibabacloud_credentials.client import Client
from alibabacloud_credentials.models import Config as C
from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_tea_openapi.models import Config
kind = sys.argv[2]
client = Client() if kind == "default" else Client(C(type=kind, role_name=os.environ.get("ALIBABA_CLOUD_ECS_METADATA")))
config = Config(credential=client, endpoint=sys.argv[1], protocol="http")
print(Sts(config).get_caller_identity().body.arn)
print(sorted(name for name in os.environ if "ACCESS_KEY" in name))
"""


@pytest.mark.parametrize("kind", ["default", "ecs_ram_role", "credentials_uri"])
def test_a_command_with_a_role(server: Server, role: str, kind: str) -> None:
    host = server.endpoints["openapi"].partition("://")[2]
    env = {"ALIBABA_CLOUD_ACCESS_KEY_ID": server.access_key_id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "x"}
    done = run(server, role, sys.executable, "-c", WHO, host, kind, env=env)
    assert done.returncode == 0, done.stderr
    arn, names = done.stdout.splitlines()
    assert f":assumed-role/{role}/i-" in arn
    assert names == "[]"


def test_a_command_s_input_output_and_status_are_its_own(server: Server, role: str) -> None:
    text = "import sys, os; print(sys.stdin.read(), os.environ['MINE']); print('bad', file=sys.stderr); sys.exit(7)"
    done = run(server, role, sys.executable, "-c", text, env={"MINE": "yes"})
    assert (done.returncode, done.stdout, done.stderr) == (7, "from outside yes\n", "bad\n")
    killed = run(server, role, sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)")
    assert killed.returncode == 128 + signal.SIGTERM
    assert run(server, role, "no-such-command-at-all").returncode != 0
    new_role(server, "closed", document=trust("oss.aliyuncs.com", kind="Service"))
    assert "ecs.aliyuncs.com" in run(server, "closed", "true").stderr


def test_each_command_has_its_own_role_until_it_ends(server: Server, role: str) -> None:
    other = new_role(server, "other", allow("oss:GetObject"))
    text = """
import os, requests
print(os.environ["ALIBABA_CLOUD_CREDENTIALS_URI"])
base = "http://100.100.100.200/latest/"
token = requests.put(base + "api/token", headers={"X-aliyun-ecs-metadata-token-ttl-seconds": "60"}).text
headers = {"X-aliyun-ecs-metadata-token": token}
print(requests.get(base + "meta-data/ram/security-credentials/", headers=headers).text)
print(requests.get(base + "meta-data/ram/security-credentials/worker", headers=headers).status_code)
"""
    done = run(server, other, sys.executable, "-c", text)
    uri, names, status = done.stdout.split("\n", 2)
    assert (names, status.strip()) == ("other", "404")
    assert requests.get(uri, timeout=10).status_code == 404, "the command has ended"
