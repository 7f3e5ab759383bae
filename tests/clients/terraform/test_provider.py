"""The real provider against a live server, where ``YUNBOX_TF_PROVIDER`` names its binary and terraform is on the PATH.

The provider is on no registry that tests may use, so this is for who has it; what it asks is kept in the transcripts,
which are replayed everywhere.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from yunbox.testing.server import Server

PROVIDER, PROGRAM = os.environ.get("YUNBOX_TF_PROVIDER", ""), shutil.which("terraform")
FOLDER = Path(__file__).with_name("configurations")
NAMES = sorted(path.stem for path in FOLDER.glob("*.tf"))
SOURCE = 'terraform {\n  required_providers {\n    alicloud = { source = "aliyun/alicloud" }\n  }\n}\n'
NOT_ALL_IMPORTED = {"alarms", "hologres", "identities", "maxcompute"}
"""Whose resources have arguments that the provider does not read from the service, such as ``force``."""
CHANGES = {
    "networks": (
        ('"net"', '"net2"\n  description = "changed"'),
        ('"part"\n}', '"part2"\n  tags = { team = "data" }\n}'),
    ),
    "identities": (("by terraform", "changed"), ("oss:GetObject", "oss:ListObjects"), ("all of them", "all")),
    "datahub": (("by terraform", "changed"), ("life_cycle  = 3", "life_cycle  = 5")),
    "bucket": (("days = 30", "days = 60"), ('"data"', '"web"'), ('"Enabled"', '"Suspended"')),
}
"""What is to be otherwise in a configuration, for a second apply."""
SOURCES = {
    "networks": """
data "alicloud_vpcs" "all" {
  ids = [alicloud_vpc.main.id]
}
data "alicloud_vswitches" "all" {
  ids = [alicloud_vswitch.part.id]
}
data "alicloud_caller_identity" "me" {}
output "seen" {
  value = [
    data.alicloud_vpcs.all.names,
    data.alicloud_vswitches.all.names,
    [data.alicloud_caller_identity.me.identity_type],
  ]
}
""",
    "identities": """
data "alicloud_ram_users" "all" {
  name_regex = "^deployer$"
}
output "seen" {
  value = [data.alicloud_ram_users.all.names]
}
""",
}
SEEN = {"networks": [["net2"], ["part2"], ["Account"]], "identities": [["deployer"]]}
OVER_TLS = {"network_parts"}
"""Whose requests the provider sends over TLS, whatever its configuration says: rules of security groups go so."""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not (PROVIDER and PROGRAM), reason="YUNBOX_TF_PROVIDER names no provider, or there is no terraform"
    ),
]


class Terraform:
    """The command in a folder with a configuration, the provider and what `yunbox terraform env` prints."""

    def __init__(self, folder: Path, server: Server, configuration: str, *words: str) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "yunbox", "terraform", "env", "--data", str(server.data), "--output", "json"]
        command += words
        printed = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
        plugins = folder / "plugins"
        plugins.mkdir()
        (plugins / "terraform-provider-alicloud").symlink_to(Path(PROVIDER).resolve())
        overrides = f'dev_overrides {{ "aliyun/alicloud" = "{plugins}" }}'
        (folder / "cli.tfrc").write_text(f"provider_installation {{\n  {overrides}\n  direct {{}}\n}}\n")
        region = f'variable "region" {{\n  default = "{server.region}"\n}}\n'
        (folder / "main.tf").write_text("\n".join((SOURCE, printed["provider"], region, configuration)))
        self.env = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": str(folder / "cli.tfrc"), **printed["env"],
        }  # fmt: skip

    def __call__(self, *words: str, code: int = 0) -> str:
        """What a command printed; its exit status is the one that is expected."""
        done = subprocess.run(
            [str(PROGRAM), *words], cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def apply(self, *, code: int = 0) -> str:
        """Make it so."""
        return self("apply", "-auto-approve", "-input=false", "-no-color", code=code)

    def plan(self) -> None:
        """Nothing is to be done."""
        self("plan", "-detailed-exitcode", "-input=false", "-no-color")

    def ids(self) -> dict[str, str]:
        """The ids of all resources by address."""
        state = json.loads(self("show", "-json"))
        return {one["address"]: one["values"]["id"] for one in state["values"]["root_module"]["resources"]}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server for each: they make things of the same names."""
    with Server(tmp_path / "data") as made:
        yield made


@pytest.mark.parametrize("name", CHANGES)
def test_changes_and_data_sources(server: Server, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "terraform"
    folder.mkdir()
    text = (FOLDER / f"{name}.tf").read_text("utf-8")
    terraform = Terraform(folder, server, text)
    terraform.apply()
    whole = (folder / "main.tf").read_text("utf-8")
    for old, new in CHANGES[name]:
        assert old in whole, old
        whole = whole.replace(old, new)
    (folder / "main.tf").write_text(whole + SOURCES.get(name, ""))
    assert " 0 added, " in terraform.apply()
    terraform.plan()
    if name in SEEN:
        assert json.loads(terraform("output", "-json", "seen")) == SEEN[name]
    terraform("destroy", "-auto-approve", "-input=false", "-no-color")


@pytest.mark.parametrize("name", NAMES)
def test_apply_plan_import_and_destroy(server: Server, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "terraform"
    folder.mkdir()
    words = ("--tls",) if name in OVER_TLS else ()
    terraform = Terraform(folder, server, (FOLDER / f"{name}.tf").read_text("utf-8"), *words)
    terraform.apply()
    terraform.plan()
    for address, identity in terraform.ids().items():
        if not address.startswith("alicloud_ram_access_key."):  # its secret is shown once
            terraform("state", "rm", address)
            terraform("import", "-input=false", "-no-color", address, identity)
    if name not in NOT_ALL_IMPORTED:
        terraform.plan()
    terraform("destroy", "-auto-approve", "-input=false", "-no-color")
    assert not json.loads(terraform("show", "-json")).get("values")


def test_the_article_s_vswitch_is_refused_in_plain_words(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "terraform"
    folder.mkdir()
    text = (FOLDER / "networks.tf").read_text("utf-8").replace("10.0.1.0/24", "10.1.0.0/24")
    said = Terraform(folder, server, text).apply(code=1)
    assert "InvalidParameter" in said
    assert "10.1.0.0/24 does not lie within 10.0.0.0/16" in said
