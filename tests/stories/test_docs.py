"""The examples of the documentation, run as they stand."""

import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from odps import ODPS

from tests.clients.environments import packages
from yunbox.testing.server import Server

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = sorted((ROOT / "docs" / "guide").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_examples_of_a_page_run(page: Path, yunbox: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", yunbox.access_key_id)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", yunbox.access_key_secret)
    monkeypatch.setenv("OSS_ENDPOINT", yunbox.endpoints["oss"])
    if page.name == "datahub.md":
        monkeypatch.syspath_prepend(packages("datahub"))
    blocks = BLOCK.findall(page.read_text("utf-8"))
    assert blocks, "a guide without an example"
    o = ODPS(yunbox.access_key_id, yunbox.access_key_secret, yunbox.project, endpoint=yunbox.endpoint)
    names: dict[str, object] = {"o": o, "yunbox": yunbox}
    for kind, code in blocks:
        if kind == "python":
            warnings.simplefilter("ignore")  # clients warn of their own age
            exec(compile(code, str(page), "exec"), names)
        else:
            run_shell(code, yunbox)
    for name, test in list(names.items()):
        if name.startswith("test_") and callable(test):
            test(yunbox)


def run_shell(code: str, server: Server) -> None:
    bin_folder = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}", "YUNBOX_DATA": str(server.data)}
    subprocess.run(["sh", "-euc", code], check=True, env=env, capture_output=True, timeout=60)


def test_the_coverage_pages_are_what_the_code_offers() -> None:
    from yunbox.services.cloudmonitor import coverage as cloudmonitor
    from yunbox.services.datahub import coverage as datahub
    from yunbox.services.flink import coverage as flink
    from yunbox.services.hologres import coverage as hologres
    from yunbox.services.maxcompute import coverage as maxcompute
    from yunbox.services.oss import coverage as oss
    from yunbox.services.ram import coverage as ram
    from yunbox.services.tablestore import coverage as tablestore
    from yunbox.services.vpc import coverage as vpc

    assert (ROOT / "docs" / "reference" / "coverage.md").read_text("utf-8") == maxcompute.page()
    assert (ROOT / "docs" / "reference" / "coverage-cloudmonitor.md").read_text("utf-8") == cloudmonitor.page()
    assert (ROOT / "docs" / "reference" / "coverage-datahub.md").read_text("utf-8") == datahub.page()
    assert (ROOT / "docs" / "reference" / "coverage-flink.md").read_text("utf-8") == flink.page()
    assert (ROOT / "docs" / "reference" / "coverage-hologres.md").read_text("utf-8") == hologres.page()
    assert (ROOT / "docs" / "reference" / "coverage-oss.md").read_text("utf-8") == oss.page()
    assert (ROOT / "docs" / "reference" / "coverage-ram.md").read_text("utf-8") == ram.page()
    assert (ROOT / "docs" / "reference" / "coverage-tablestore.md").read_text("utf-8") == tablestore.page()
    assert (ROOT / "docs" / "reference" / "coverage-vpc.md").read_text("utf-8") == vpc.page()


def test_the_limits_page_names_the_numbers_of_the_code() -> None:
    from yunbox.kernel import limits

    text = (ROOT / "docs" / "reference" / "limits.md").read_text("utf-8").replace(",", "")
    for number in (limits.COLUMNS_MAX, limits.PARTITIONS_MAX, limits.PARTITION_VALUE_LENGTH_MAX):
        assert str(number) in text


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150
