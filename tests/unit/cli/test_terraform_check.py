"""`yunbox terraform check`: each fault is found, what is well is not, and what cannot be known is not judged."""

import json
import random
from pathlib import Path

import pytest

from yunbox.cli.commands import run
from yunbox.cli.terraform_check import reading
from yunbox.cli.terraform_check.check import check
from yunbox.kernel.errors import InvalidArgument, KernelError, NotFound

ARTICLE = """
resource "alicloud_vpc" "main" {
  vpc_name   = "data-platform"
  cidr_block = "10.0.0.0/16"
}

resource "alicloud_vswitch" "private" {
  vpc_id       = alicloud_vpc.main.id
  cidr_block   = "10.1.0.0/24"
  zone_id      = "cn-hangzhou-h"
  vswitch_name = "private"
}

resource "alicloud_maxcompute_project" "prod" {
  project_name       = "prod_dw"
  default_quota      = "default"
  specification_type = "OdpsStandard"
}
"""
VPC = 'resource "alicloud_vpc" "v" {\n  cidr_block = "10.0.0.0/16"\n}\n'


def found(folder: Path, text: str, **files: str) -> list[tuple[str, str]]:
    """The findings of a folder with such a file: of which resource, and by which code."""
    (folder / "main.tf").write_text(text, "utf-8")
    for name, content in files.items():
        (folder / name.replace("_DOT_", ".")).write_text(content, "utf-8")
    return [(one.resource, one.code) for one in check(folder, "cn-local")]


def part(name: str, cidr: str, vpc: str = "alicloud_vpc.v.id", zone: str = "cn-local-a", more: str = "") -> str:
    """A vSwitch; all but its name and its zone are expressions."""
    lines = f'  vpc_id = {vpc}\n  cidr_block = {cidr}\n  zone_id = "{zone}"\n{more}'
    return f'resource "alicloud_vswitch" "{name}" {{\n{lines}}}\n'


def provider(region: str) -> str:
    """The provider's block."""
    return f'provider "alicloud" {{\n  region = {region}\n}}\n'


def test_the_article_has_two_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "main.tf"
    file.write_text(ARTICLE)
    assert run(["terraform", "check", str(file), "--output", "json"]) == 1
    network, argument = json.loads(capsys.readouterr().out)
    assert (network["resource"], network["code"]) == ("alicloud_vswitch.private", "InvalidParameter")
    assert "10.1.0.0/24 does not lie within 10.0.0.0/16" in network["what"]
    assert (argument["resource"], argument["code"]) == ("alicloud_maxcompute_project.prod", "UnsupportedArgument")
    assert "specification_type" in argument["what"]
    assert run(["terraform", "check", str(tmp_path)]) == 1
    assert "alicloud_vswitch.private  InvalidParameter" in capsys.readouterr().out


def test_the_mended_article_has_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "main.tf"
    file.write_text(
        ARTICLE.replace("10.1.0.0/24", "10.0.1.0/24").replace('  specification_type = "OdpsStandard"\n', "")
    )
    assert run(["terraform", "check", str(file), "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('resource "alicloud_vpc" "v" {\n  cidr_block = "10.0.0.0/33"\n}', "InvalidCidrBlock.Malformed"),
        ('resource "alicloud_vpc" "v" {\n  cidr_block = "100.64.0.0/16"\n}', "InvalidCidrBlock.Malformed"),
        ('resource "alicloud_vpc" "v" {\n  cidr = "10.0.0.0/16"\n}', "UnsupportedArgument"),
        ('resource "alicloud_vpc" "v" {\n  status = "Available"\n}', "ReadOnlyArgument"),
        ('resource "alicloud_oss_bucket" "v" {\n  bucket = "Has_Capitals"\n}', "InvalidBucketName"),
        ('resource "alicloud_oss_bucket" "v" {\n  versioning {\n    state = "Enabled"\n  }\n}', "UnsupportedArgument"),
        ('resource "alicloud_oss_bucket" "v" {\n  versioning {}\n}', "MissingRequiredArgument"),
        ('resource "alicloud_maxcompute_project" "v" {\n  project_name = "1st"\n}', "InvalidParameter.name.Format"),
        ('resource "alicloud_datahub_project" "v" {\n  name = "a"\n}', "InvalidParameter"),
        ('resource "alicloud_datahub_topic" "v" {\n  name = "good"\n}', "MissingRequiredArgument"),
        ('resource "alicloud_ram_user" "v" {\n  name = "not good"\n}', "InvalidParameter.UserName.InvalidChars"),
        ('resource "alicloud_ram_group" "v" {\n  name = "not good"\n}', "InvalidParameter.GroupName.InvalidChars"),
        ('resource "alicloud_ram_policy" "v" {\n  policy_name = "a_b"\n}', "InvalidParameter.PolicyName.InvalidChars"),
        (VPC + part("a", '"10.0.0.0/30"'), "InvalidCidrBlock.Malformed"),
        (VPC + part("a", 'cidrsubnet("10.1.0.0/16", 8, 1)'), "InvalidParameter"),
        (VPC + part("a", '"10.0.1.0/24"').replace("zone_id", "description"), "MissingZoneId"),
        (VPC + part("a", '"10.0.1.0/24"').replace("  vpc_id", "  description"), "MissingVpcId"),
        (
            provider('"cn-beijing"') + VPC + part("a", '"10.0.1.0/24"', zone="cn-beijing-z"),
            "InvalidZoneId.NotFound",
        ),
        (VPC + part("a", '"10.0.0.0/24"') + part("b", '"10.0.0.128/25"'), "InvalidCidrBlock.Overlapped"),
        (
            part("a", '"10.0.0.0/24"', '"vpc-1"') + part("b", '"10.0.0.0/24"', '"vpc-1"'),
            "InvalidCidrBlock.Overlapped",
        ),
        (VPC + VPC, "DuplicateResource"),
    ],
)  # fmt: skip
def test_a_fault_has_its_code(tmp_path: Path, text: str, code: str) -> None:
    assert code in {code for _, code in found(tmp_path, text)}


@pytest.mark.parametrize(
    "document",
    [
        'jsonencode({ Version = "1", Statement = [{ Effect = "Allow", Action = ["oss:GetObject"], Nothing = 1 }] })',
        '<<EOF\n{"Version": "1", "Statement": [{"Effect": "Maybe"}]}\nEOF',
        '<<-EOF\n  {"Version": "1",\n  EOF',
        '"no JSON"',
    ],
)
def test_a_document_that_is_no_policy(tmp_path: Path, document: str) -> None:
    text = 'resource "alicloud_ram_policy" "p" {\n  policy_name = "p"\n  policy_document = %s\n}\n'
    assert found(tmp_path, text % document) == [("alicloud_ram_policy.p", "MalformedPolicyDocument")]
    role = 'resource "alicloud_ram_role" "p" {\n  name = "p"\n  document = %s\n}\n'
    assert found(tmp_path, role % document) == [("alicloud_ram_role.p", "MalformedPolicyDocument")]


GOOD = (
    '{"Version": "1", "Statement": '
    '[{"Effect": "Allow", "Action": "oss:GetObject", "Resource": "acs:oss:*:*:${local.b}/*"}]}'
)


def test_what_is_well_is_not_found(tmp_path: Path) -> None:
    text = f"""
variable "net" {{
  type    = map(string)
  default = {{ cidr = "10.0.0.0/16" }}
}}
locals {{
  b     = "reports"
  parts = [for number in range(4) : cidrsubnet(var.net.cidr, 8, number)]
}}
resource "alicloud_vpc" "v" {{
  cidr_block = var.net["cidr"]
  tags       = {{ team = "data", "more ${{local.b}}" = 1 }}
  timeouts {{
    create = "5m"
  }}
  lifecycle {{
    prevent_destroy = true
  }}
}}
{part("a", "cidrsubnet(var.net.cidr, 8, 1)")}
{part("b", '"${cidrsubnet(var.net.cidr, 8, 2)}"')}
{part("c", "local.parts[3]", "alicloud_vpc.v.id", more="  count = 2" + chr(10))}
resource "alicloud_ram_policy" "p" {{
  policy_name     = "read-${{local.b}}"
  policy_document = <<EOF
{GOOD}
EOF
}}
resource "alicloud_oss_bucket" "b" {{
  bucket = "${{local.b}}-of-a-team"
  dynamic "lifecycle_rule" {{
    for_each = [1, 2]
    content {{
      enabled = true
    }}
  }}
}}
resource "random_id" "r" {{
  anything = 1
}}
resource "alicloud_ram_role" "r" {{ # comments are nowhere in the way
  name = "r" // of any kind
  /* also
     of several lines */
  document = jsonencode({{
    # what it is
    Version = "1" # and why
    Statement = [
      # the one
      {{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ Service = ["ecs.aliyuncs.com"] }} }},
    ]
  }})
}}
"""
    assert found(tmp_path, text) == []


@pytest.mark.parametrize(
    "text",
    [
        VPC + part("a", "var.unknown"),
        VPC + part("a", "var.cidr") + 'variable "cidr" {}',
        VPC + part("a", '"10.9.0.0/24"', "data.alicloud_vpcs.all.ids[0]"),
        VPC + part("a", '"10.9.0.0/24"', "module.network.vpc_id"),
        VPC + part("a", '"10.9.0.0/24"', more="  count = var.on ? 1 : 0\n"),
        VPC + part("a", '"10.9.0.0/24"', more="  count = 0\n"),
        VPC + part("a", '"10.9.0.0/24"', more="  for_each = toset([])\n"),
        VPC + part("a", "each.value", more='  for_each = toset(["10.9.0.0/24"])\n'),
        VPC.replace("}", '  secondary_cidr_blocks = ["10.9.0.0/16"]\n}') + part("a", '"10.9.0.0/24"'),
        "locals {\n  a = local.b\n  b = local.a\n}\n" + VPC + part("a", "local.a"),
        'provider "alicloud" {\n  region = "eu-central-1"\n}\n'
        + VPC
        + part("a", '"10.0.1.0/24"', zone="eu-central-1a"),
        provider("var.region") + VPC + part("a", '"10.0.1.0/24"', zone="nowhere"),
        'resource "alicloud_ram_policy" "p" {\n  policy_name = "p"\n  policy_document = file("p.json")\n}',
        'resource "alicloud_ram_policy" "p" {\n  policy_name = "p"\n  policy_document = jsonencode({ a = var.x })\n}',
        'resource "alicloud_oss_bucket" "b" {\n  bucket = "A ${random_id.r.hex}"\n}',
        'resource "alicloud_oss_bucket" "b" {\n  bucket = "%{ if true }A B%{ endif }"\n}',
    ],
)
def test_what_cannot_be_known_is_not_judged(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, text) == []


def test_variables_that_files_or_the_shell_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'variable "cidr" {\n  default = "10.9.0.0/24"\n}\n' + VPC + part("a", "var.cidr")
    assert found(tmp_path, text) == [("alicloud_vswitch.a", "InvalidParameter")]
    assert found(tmp_path, text, terraform_DOT_tfvars='cidr = "10.0.9.0/24"\n') == []
    later = found(tmp_path, text, z_DOT_auto_DOT_tfvars='cidr = "10.8.0.0/24"\n')
    assert later == [("alicloud_vswitch.a", "InvalidParameter")]
    monkeypatch.setenv("TF_VAR_cidr", "10.0.7.0/24")
    assert found(tmp_path, text) == []


def test_resources_of_a_folder_s_files_know_each_other(tmp_path: Path) -> None:
    assert found(tmp_path, part("a", '"10.1.0.0/24"'), net_DOT_tf=VPC) == [("alicloud_vswitch.a", "InvalidParameter")]
    assert [one.code for one in check(tmp_path / "main.tf", "cn-local")] == [], "alone, the network is not known"
    override = 'resource "alicloud_vswitch" "a" {\n  cidr_block = "10.0.1.0/24"\n}\n'
    assert found(tmp_path, part("a", '"10.1.0.0/24"'), a_override_DOT_tf=override) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('resource "a" "b" {\n  x = \n}\n', "line 2"),
        ('resource "a" "b" {\n  x = 1\n', "line 3"),
        ('a = "\n', "line 1"),
        ("{" * 5000, "main.tf"),
        ("x = " + "[" * 3000, "main.tf"),
    ],
)
def test_bad_hcl_is_told_where(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidArgument, match=said):
        found(tmp_path, text)


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound):
        check(tmp_path, "cn-local")
    with pytest.raises(NotFound):
        check(tmp_path / "none.tf", "cn-local")
    monkeypatch.setattr(reading, "FILE_BYTES_MAX", 100)
    with pytest.raises(InvalidArgument, match="larger"):
        found(tmp_path, "#" * 101)
    (tmp_path / "main.tf").write_bytes(b"\xff")
    with pytest.raises(InvalidArgument, match="no UTF-8"):
        check(tmp_path, "cn-local")
    monkeypatch.setattr(reading, "FILES_MAX", 1)
    with pytest.raises(InvalidArgument, match="more than 1 files"):
        found(tmp_path, VPC, b_DOT_tf=VPC)


def test_what_the_provider_takes_is_not_found() -> None:
    """The configurations that the provider itself applies have no findings."""
    folder = Path(__file__).resolve().parents[2] / "clients" / "terraform" / "configurations"
    files = sorted(folder.glob("*.tf"))
    assert len(files) >= 9
    assert {file.stem: check(file, "cn-local") for file in files} == {file.stem: [] for file in files}


def test_a_file_that_was_damaged_is_refused_or_read(tmp_path: Path) -> None:
    """Whatever stands in a file, there are findings or there is an error with a name."""
    numbers = random.Random(7)
    signs = '{}[]()"$%\\\n=,.<<EOF-0123 var.local.\u00e9'
    text = ARTICLE + VPC.replace('"v"', '"w"') + part("z", 'cidrsubnet(var.x, "${8}", 1)') + f"x = <<A\n{GOOD}\nA\n"
    refused = 0
    for _ in range(150):
        at, more = numbers.randrange(len(text)), "".join(numbers.choices(signs, k=numbers.randrange(4)))
        try:
            found(tmp_path, text[:at] + more + text[at + numbers.randrange(6) :])
        except KernelError:
            refused += 1
    assert 0 < refused < 150
