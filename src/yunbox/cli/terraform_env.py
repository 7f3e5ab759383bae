"""`yunbox terraform env`: how Terraform, its provider and its oss backend find this server.

Sources: the provider's guide on custom service endpoints and its ``connectivity/endpoint.go``; the backend's
``backend.go``. They read different variables, and the backend takes the instance of Tablestore from the host's name.
STS is asked who the caller is where the provider's block says, whatever the variables are.
"""

import argparse
import shlex
import socket
from pathlib import Path
from typing import Any

from yunbox.cli.output import Output
from yunbox.identity.authority import Authority
from yunbox.kernel.errors import Unavailable
from yunbox.server.folder import read_credentials, read_server
from yunbox.server.services import SERVICES

_PRODUCTS = {
    "ACTIONTRAIL": "actiontrail", "BSSOPENAPI": "bss", "CMS": "cloudmonitor", "ECS": "vpc", "HOLOGRAM": "hologres",
    "IMS": "ram", "MAXCOMPUTE": "maxcompute", "RAM": "ram", "STS": "ram", "VPC": "vpc",
}  # fmt: skip
"""The provider's names of the products whose APIs are here, and the services that have them."""
_PROVIDER = """\
provider "alicloud" {{
  region                 = "{region}"
  skip_region_validation = true{protocol}

  endpoints {{
    sts = "{sts}"
  }}
}}"""
_PLAIN = '  protocol               = "HTTP"'
_SHELL = '# for the shell, or: eval "$(yunbox terraform env --output env)"'
_BACKEND = """\
terraform {{
  backend "oss" {{
    bucket              = "{bucket}"
    endpoint            = "{oss}"{locks}
  }}
}}"""
_LOCKS = '\n    tablestore_endpoint = "{tablestore}"\n    tablestore_table    = "{table}"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to print, and how."""
    parser.add_argument("--data", type=Path, default=argparse.SUPPRESS, help="the data folder")
    parser.add_argument(
        "--output", choices=("text", "json", "env", "hcl"), default=argparse.SUPPRESS,
        help="env: the exports alone, for a shell; hcl: the blocks alone",
    )  # fmt: skip
    parser.add_argument("--tls", action="store_true", help="speak TLS to the APIs, trusting this house's authority")
    parser.add_argument("--bucket", default="terraform-state", help="of the state (default: terraform-state)")
    parser.add_argument("--table", default="terraform_locks", help="of the locks (default: terraform_locks)")


def run(args: argparse.Namespace, output: Output) -> int:
    """Print the exports and the blocks. Raises Unavailable where no server runs."""
    server, key = read_server(args.data), read_credentials(args.data)
    endpoints = (server or {}).get("endpoints", {})
    if server is None or key is None or "openapi" not in endpoints:
        raise Unavailable(f"No server with the management APIs runs on {args.data}: start it with `yunbox up`")
    env = environment(endpoints, key, Authority(args.data.expanduser().absolute()) if args.tls else None)
    provider = _PROVIDER.format(
        region=server["region"], protocol="" if args.tls else f"\n{_PLAIN}", sts=env["ALIBABA_CLOUD_ENDPOINT_STS"]
    )
    backend = _backend(endpoints, args.bucket, args.table)
    exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in env.items())
    if args.output == "env":
        print(exports)
    elif args.output == "hcl":
        print(f"{provider}\n\n{backend}")
    else:
        text = f"{_SHELL}\n{exports}\n\n# for main.tf\n{provider}\n\n{backend}"
        output.result({"env": env, "provider": provider, "backend": backend}, text)
    return 0


def environment(endpoints: dict[str, Any], key: dict[str, str], authority: Authority | None) -> dict[str, str]:
    """The variables; with an authority the APIs are spoken to over TLS."""
    key_id, secret = key["access_key_id"], key["access_key_secret"]
    api = _place(endpoints["openapi_tls" if authority else "openapi"])
    env = {"ALIBABA_CLOUD_ACCESS_KEY_ID": key_id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret}
    env |= {"ALICLOUD_ACCESS_KEY": key_id, "ALICLOUD_SECRET_KEY": secret}  # as the backend calls them
    env |= {f"ALIBABA_CLOUD_ENDPOINT_{name}": api for name, service in _PRODUCTS.items() if service in SERVICES}
    if "oss" in endpoints:
        env |= _of_buckets(endpoints, plain=authority is None)
    if "datahub" in endpoints:
        env["DATAHUB_ENDPOINT"] = endpoints["datahub"]  # the one product that the provider asks for so
    if authority is not None:
        authority.certificate()
        env["SSL_CERT_FILE"] = str(authority.path)
    return env


def _of_buckets(endpoints: dict[str, Any], *, plain: bool) -> dict[str, str]:
    """Where buckets are: the provider puts their names before the host's, which below localhost this machine is.

    Where such names lead nowhere, the metadata server, which is a proxy too, knows them.
    """
    if not plain:
        return {"ALIBABA_CLOUD_ENDPOINT_OSS": endpoints["oss"]}
    port = endpoints["oss"].rpartition(":")[2]
    env = {"ALIBABA_CLOUD_ENDPOINT_OSS": f"localhost:{port}"}
    if "metadata" in endpoints and not _leads_here("bucket.localhost"):
        env["HTTP_PROXY"] = endpoints["metadata"]
    return env


def _leads_here(name: str) -> bool:
    try:
        return all(str(found[4][0]) in ("127.0.0.1", "::1") for found in socket.getaddrinfo(name, 80))
    except OSError:
        return False


def _backend(endpoints: dict[str, Any], bucket: str, table: str) -> str:
    """The block of the oss backend; without Tablestore it does not lock."""
    if "oss" not in endpoints:
        return "# no OSS runs here: keep the state elsewhere"
    locks = _LOCKS.format(tablestore=endpoints["tablestore"], table=table) if "tablestore" in endpoints else ""
    return _BACKEND.format(bucket=bucket, oss=endpoints["oss"], locks=locks)


def _place(url: str) -> str:
    """A URL's host and port."""
    return url.partition("://")[2]
