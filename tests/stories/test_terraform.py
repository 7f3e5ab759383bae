"""A team keeps its Terraform state in a bucket with versions, and gets back what a bad change took."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import oss2
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns that its second implementation is for another Python
    from tablestore import (
        CapacityUnit,
        Condition,
        OTSClient,
        ReservedThroughput,
        Row,
        RowExistenceExpectation,
        TableMeta,
        TableOptions,
    )

from tests.waiting import until
from yunbox.testing.server import Server

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "oss.md"
TOFU = "github.com/opentofu/opentofu@v1.12.6"
KEY = "network/vpc.tfstate"
DEV_KEY = "network/dev/vpc.tfstate"
RESOURCES = """
variable "size" {
  type    = number
  default = 1
}

resource "terraform_data" "vpc" {
  input = { name = "vpc", size = var.size }
}

output "size" {
  value = terraform_data.vpc.output.size
}
"""
READER = """
data "terraform_remote_state" "network" {
  backend = "oss"
  config  = { bucket = "%s", prefix = "network", key = "vpc.tfstate" }
}

output "size_there" {
  value = data.terraform_remote_state.network.outputs.size
}
"""
WAITING = """
resource "terraform_data" "slow" {
  provisioner "local-exec" {
    command     = "touch began; while [ ! -e go ]; do sleep 0.05; done"
    working_dir = "%s"
  }
}
"""
pytestmark = [pytest.mark.go, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def program() -> str:
    """Terraform or OpenTofu as it is installed, or else OpenTofu built from its sources, once."""
    found = shutil.which("terraform") or shutil.which("tofu")
    if not found and shutil.which("go"):
        found = str(built())
    if not found:
        assert not os.environ.get("CI"), "terraform, tofu or go must be there in CI"
        pytest.skip("the story needs terraform, tofu or go")
    return found


def built() -> Path:
    """OpenTofu, built where its own go.mod and go.sum say of what; kept for the next time."""
    name, _, version = TOFU.rpartition("/")[2].partition("@")
    target = Path.home() / ".cache" / "yunbox-tests" / f"{name}-{version}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        told = subprocess.run(["go", "mod", "download", "-json", TOFU], check=True, capture_output=True, timeout=600)
        source = json.loads(told.stdout)["Dir"]
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            made = Path(folder) / "tofu"
            subprocess.run(
                ["go", "build", "-C", source, "-buildvcs=false", "-o", str(made), "./cmd/tofu"],
                check=True, capture_output=True, timeout=800,
            )  # fmt: skip
            made.replace(target)
    return target


@dataclass
class Terraform:
    """The command in a folder with a configuration, cut off from everything but the server."""

    program: str
    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def __call__(self, *words: str, fails: bool = False) -> str:
        """What a command printed, its errors included."""
        command = [self.program, *words]
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=120)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def init(self, *words: str, fails: bool = False) -> str:
        """Initialise the folder, which is what opens the state."""
        return self("init", "-input=false", "-no-color", *words, fails=fails)

    def apply(self, size: int, *words: str) -> str:
        """Make it so."""
        return self("apply", "-auto-approve", "-input=false", "-no-color", f"-var=size={size}", *words)

    def plan(self, size: int) -> str:
        """What would be done."""
        return self("plan", "-input=false", "-no-color", f"-var=size={size}")

    def size(self) -> str:
        """The output, as the state has it."""
        return self("output", "-no-color", "-raw", "size")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("terraform")) as made:
        yield made


@pytest.fixture
def bucket(server: Server, request: pytest.FixtureRequest) -> oss2.Bucket:
    """A bucket with versions for one story."""
    auth = oss2.Auth(server.access_key_id, server.access_key_secret)
    name = request.node.name.removeprefix("test_").replace("_", "-")[:40].strip("-")
    made = oss2.Bucket(auth, server.endpoints["oss"], name)
    made.create_bucket()
    made.put_bucket_versioning(oss2.models.BucketVersioningConfig("Enabled"))
    return made


@pytest.fixture
def open_folder(program: str, server: Server, tmp_path: Path) -> Callable[[str, str], Terraform]:
    """Make a folder with a configuration. The keys and the endpoint come from the environment, as at work."""
    (tmp_path / "cli.tfrc").touch()

    def make(name: str, configuration: str) -> Terraform:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "main.tf").write_text(configuration)
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": str(tmp_path / "cli.tfrc"),
            "TF_IN_AUTOMATION": "1",
            "ALICLOUD_ACCESS_KEY": server.access_key_id,
            "ALICLOUD_SECRET_KEY": server.access_key_secret,
            "ALICLOUD_OSS_ENDPOINT": server.endpoints["oss"],
        }
        return Terraform(program, folder, env)

    return make


def backend(bucket: oss2.Bucket) -> str:
    """The block that keeps the state in a bucket, as the guide has it."""
    block = GUIDE.read_text("utf-8").partition("```hcl\n")[2].partition("```")[0]
    return block.replace('"tf-state"', f'"{bucket.bucket_name}"\n    acl     = "private"')


def versions(bucket: oss2.Bucket, key: str) -> list[str]:
    """The ids of an object's versions, the newest first."""
    return [version.versionid for version in bucket.list_object_versions(prefix=key).versions if version.key == key]


def test_a_state_and_its_past(bucket: oss2.Bucket, open_folder: Callable[[str, str], Terraform]) -> None:
    terraform = open_folder("network", backend(bucket) + RESOURCES)
    assert 'backend "oss"' in terraform.init()
    assert "1 added" in terraform.apply(1)
    assert "1 changed" in terraform.apply(2)
    head = bucket.head_object(KEY)
    assert head.headers["x-oss-server-side-encryption"] == "AES256"
    assert head.content_type == "application/json"
    assert bucket.get_object_acl(KEY).acl == "default", "the backend sends `acl` as a bucket's, which an object has not"
    assert not (terraform.folder / "terraform.tfstate").exists()
    newest, oldest = versions(bucket, KEY)
    assert json.loads(bucket.get_object(KEY).read())["outputs"]["size"]["value"] == 2
    assert terraform.size() == "2"
    assert "No changes" in terraform.plan(2)

    bucket.copy_object(bucket.bucket_name, KEY, KEY, params={"versionId": oldest})
    assert terraform.size() == "1", "the state of the first apply is back"
    assert "No changes" in terraform.plan(1)
    assert "0 to add, 1 to change, 0 to destroy" in terraform.plan(2)
    assert versions(bucket, KEY)[1:] == [newest, oldest]

    assert "1 destroyed" in terraform("destroy", "-auto-approve", "-input=false", "-no-color")
    assert json.loads(bucket.get_object(KEY).read())["resources"] == []
    bucket.delete_object(KEY)
    assert "No outputs found" in terraform("output", "-no-color")
    assert len(versions(bucket, KEY)) == 4, "even then nothing is lost"


def test_workspaces(bucket: oss2.Bucket, open_folder: Callable[[str, str], Terraform]) -> None:
    terraform = open_folder("network", backend(bucket) + RESOURCES)
    terraform.init()
    terraform.apply(1)
    terraform("workspace", "new", "dev")
    terraform.apply(9)
    assert {line.strip(" *") for line in terraform("workspace", "list").splitlines()} == {"default", "dev", ""}
    assert [item.key for item in oss2.ObjectIterator(bucket)] == [DEV_KEY, KEY]
    terraform("workspace", "select", "default")
    assert terraform.size() == "1"
    terraform("workspace", "select", "dev")
    assert terraform.size() == "9"
    terraform("destroy", "-auto-approve", "-input=false", "-no-color")
    terraform("workspace", "select", "default")
    terraform("workspace", "delete", "dev")
    assert [item.key for item in oss2.ObjectIterator(bucket)] == [KEY]


def test_a_local_state_moves_in_and_others_read_it(
    bucket: oss2.Bucket, open_folder: Callable[[str, str], Terraform]
) -> None:
    terraform = open_folder("network", RESOURCES)
    terraform.init()
    terraform.apply(5)
    terraform = open_folder("network", backend(bucket) + RESOURCES)
    terraform.init("-migrate-state", "-force-copy")
    assert "No changes" in terraform.plan(5)
    assert json.loads(bucket.get_object(KEY).read())["outputs"]["size"]["value"] == 5
    reader = open_folder("application", READER % bucket.bucket_name)
    reader.init()
    reader("apply", "-auto-approve", "-input=false", "-no-color")
    assert reader("output", "-no-color", "-raw", "size_there") == "5"


def test_failures_say_what_is_wrong(bucket: oss2.Bucket, open_folder: Callable[[str, str], Terraform]) -> None:
    terraform = open_folder("network", backend(bucket) + RESOURCES)
    terraform.init()
    terraform.apply(1)
    for name, value, code in (
        ("ALICLOUD_SECRET_KEY", "wrong", "SignatureDoesNotMatch"),
        ("ALICLOUD_ACCESS_KEY", "LTAI5tNobodysNobodysNobo", "InvalidAccessKeyId"),
    ):
        stranger = Terraform(terraform.program, terraform.folder, {**terraform.env, name: value})
        assert f"ErrorCode={code}" in stranger("plan", "-input=false", "-no-color", fails=True)
    elsewhere = open_folder("elsewhere", backend(bucket).replace(bucket.bucket_name, "no-such-bucket") + RESOURCES)
    assert "ErrorCode=NoSuchBucket" in elsewhere.init(fails=True)


def test_of_two_applies_at_once_one_is_told_who_has_the_lock(
    bucket: oss2.Bucket, server: Server, tmp_path: Path, open_folder: Callable[[str, str], Terraform]
) -> None:
    """The first holds the lock until the second was refused; a lock that was left behind is broken by hand."""
    client = locks(server)
    block = backend(bucket).replace("}\n}", '  tablestore_table = "terraform_locks"\n  }\n}')
    terraform = open_folder("network", block + RESOURCES + WAITING % tmp_path)
    terraform.env["ALICLOUD_TABLESTORE_ENDPOINT"] = server.endpoints["tablestore"]
    terraform.init()
    command = [terraform.program, "apply", "-auto-approve", "-input=false", "-no-color", "-var=size=1"]
    with subprocess.Popen(
        command, cwd=terraform.folder, env=terraform.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as first:
        assert first.stdout is not None
        until((tmp_path / "began").exists, 60)
        told = terraform("apply", "-auto-approve", "-input=false", "-no-color", "-var=size=2", fails=True)
        assert "Error acquiring the state lock" in told
        assert "OTSConditionCheckFail" in told
        assert f"{bucket.bucket_name}/{KEY}" in told
        (tmp_path / "go").touch()
        printed = first.stdout.read()
    assert first.returncode == 0, printed
    assert terraform.size() == "1"
    assert "1 changed" in terraform.apply(2)
    lock = {"ID": "0c3d1a52-7a8e-4b7e-9a53-0d6b5f0e2c11", "Operation": "OperationTypeApply", "Who": "a colleague"}
    row = Row([("LockID", f"{bucket.bucket_name}/{KEY}")], [("Info", json.dumps(lock))])
    client.put_row("terraform_locks", row, Condition(RowExistenceExpectation.EXPECT_NOT_EXIST))
    assert "a colleague" in terraform("apply", "-auto-approve", "-input=false", "-no-color", "-var=size=3", fails=True)
    terraform("force-unlock", "-force", lock["ID"])
    assert "1 changed" in terraform.apply(3)


def locks(server: Server, table: str = "terraform_locks") -> OTSClient:
    """A client of Tablestore, and the table that Terraform's backend locks by, as it looks for both."""
    at = server.endpoints["tablestore"]
    client = OTSClient(at, server.access_key_id, server.access_key_secret, "127")
    meta = TableMeta(table, [("LockID", "STRING")])
    client.create_table(meta, TableOptions(), ReservedThroughput(CapacityUnit(0, 0)))
    return client


def test_what_the_command_prints_is_enough(
    bucket: oss2.Bucket, server: Server, open_folder: Callable[[str, str], Terraform]
) -> None:
    """`yunbox terraform env` has the backend's block with locks, and the keys under the names that it reads."""
    command = [sys.executable, "-m", "yunbox", "terraform", "env", "--data", str(server.data), "--output", "json"]
    words = ("--bucket", bucket.bucket_name, "--table", "printed_locks")
    printed = json.loads(subprocess.run([*command, *words], check=True, capture_output=True, timeout=60).stdout)
    client = locks(server, "printed_locks")
    terraform = open_folder("network", printed["backend"] + RESOURCES)
    kept = {name: value for name, value in terraform.env.items() if not name.startswith("ALICLOUD_")}
    terraform.env = {**kept, **printed["env"]}
    terraform.init()
    assert "1 added" in terraform.apply(1)
    assert [item.key for item in oss2.ObjectIterator(bucket)] == ["env:/terraform.tfstate"]
    digest = f"{bucket.bucket_name}/env:/terraform.tfstate-md5"
    _, row, _ = client.get_row("printed_locks", [("LockID", digest)], max_version=1)
    assert [name for name, _, _ in row.attribute_columns] == ["Digest"], "what is written under a lock"


def test_the_s3_backend_locks(
    bucket: oss2.Bucket, server: Server, open_folder: Callable[[str, str], Terraform]
) -> None:
    """Where the `oss` backend locks by a table of Tablestore, the `s3` backend needs no more than the bucket."""
    configuration = f"""
terraform {{
  backend "s3" {{
    bucket                      = "{bucket.bucket_name}"
    key                         = "{KEY}"
    region                      = "{server.region}"
    endpoints                   = {{ s3 = "{server.endpoints["oss"]}" }}
    use_path_style              = true
    use_lockfile                = true
    skip_credentials_validation = true
    skip_region_validation      = true
    skip_requesting_account_id  = true
    skip_metadata_api_check     = true
  }}
}}
"""
    terraform = open_folder("network", configuration + RESOURCES)
    terraform.env |= {"AWS_ACCESS_KEY_ID": server.access_key_id, "AWS_SECRET_ACCESS_KEY": server.access_key_secret}
    terraform.init()
    terraform.apply(1)
    lock = {"ID": "0c3d1a52-7a8e-4b7e-9a53-0d6b5f0e2c11", "Operation": "OperationTypeApply", "Who": "a colleague"}
    bucket.put_object(f"{KEY}.tflock", json.dumps(lock))
    told = terraform("apply", "-auto-approve", "-input=false", "-no-color", "-var=size=2", fails=True)
    assert "Error acquiring the state lock" in told
    assert "a colleague" in told
    terraform("force-unlock", "-force", lock["ID"])
    assert "1 changed" in terraform.apply(2)
    assert [item.key for item in oss2.ObjectIterator(bucket)] == [KEY], "the lock is gone"
