"""`yunbox terraform env`: what it prints leads to this server, plain and over TLS."""

import json
import subprocess
import sys

import pytest
import requests

from yunbox.testing.server import Server


def printed(server: Server, *words: str) -> str:
    command = [sys.executable, "-m", "yunbox", "terraform", "env", "--data", str(server.data), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def test_the_exports_are_for_a_shell(server: Server) -> None:
    asked = "import json, os; print(json.dumps(dict(os.environ)))"
    script = f"eval \"$1\"; exec {sys.executable} -c '{asked}'"
    exports = printed(server, "--output", "env")
    done = subprocess.run(["sh", "-c", script, "sh", exports], check=True, capture_output=True, env={}, timeout=60)
    env = json.loads(done.stdout)
    assert env["ALIBABA_CLOUD_ACCESS_KEY_ID"] == env["ALICLOUD_ACCESS_KEY"] == server.access_key_id
    assert env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] == env["ALICLOUD_SECRET_KEY"] == server.access_key_secret
    assert f"http://{env['ALIBABA_CLOUD_ENDPOINT_VPC']}" == server.endpoints["openapi"]
    assert env["ALIBABA_CLOUD_ENDPOINT_OSS"] == server.endpoints["oss"].replace("http://127.0.0.1", "localhost")
    assert env["DATAHUB_ENDPOINT"] == server.endpoints["datahub"]
    assert "SSL_CERT_FILE" not in env


def test_a_bucket_s_own_name_leads_here(server: Server) -> None:
    """Where names below localhost are not this machine's, the proxy that is printed knows them."""
    env = json.loads(printed(server, "--output", "json"))["env"]
    proxies = {"http": env["HTTP_PROXY"]} if "HTTP_PROXY" in env else None
    answer = requests.get(f"http://any-bucket.{env['ALIBABA_CLOUD_ENDPOINT_OSS']}/?acl", proxies=proxies, timeout=10)
    assert (answer.status_code, "{acs:oss:*:any-bucket}" in answer.text) == (403, True), "nobody signed that"


def test_over_tls(server: Server) -> None:
    body = json.loads(printed(server, "--tls", "--output", "json"))
    where = body["env"]["ALIBABA_CLOUD_ENDPOINT_RAM"]
    assert f"https://{where}" == server.endpoints["openapi_tls"]
    answer = requests.get(f"https://{where}/", verify=body["env"]["SSL_CERT_FILE"], timeout=10)
    assert answer.json()["Code"] == "MissingAction"
    assert "protocol" not in body["provider"]


def test_the_blocks(server: Server) -> None:
    text = printed(server, "--output", "hcl", "--bucket", "states", "--table", "locks")
    assert f'region                 = "{server.region}"' in text
    assert 'protocol               = "HTTP"' in text
    assert f'sts = "{server.endpoints["openapi"].partition("//")[2]}"' in text
    assert f'tablestore_endpoint = "{server.endpoints["tablestore"]}"' in text
    assert 'bucket              = "states"' in text
    assert 'tablestore_table    = "locks"' in text
    assert text.strip() in printed(server, "--bucket", "states", "--table", "locks")


@pytest.mark.parametrize("words", [("env",), ("env", "--tls")])
def test_without_a_server_there_is_nothing_to_print(server: Server, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "yunbox", "terraform", *words, "--data", str(server.data / "none")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "yunbox up" in done.stderr
