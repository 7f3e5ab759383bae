"""Resources through PyODPS: what goes in comes out, whole, by name, for as long as it is kept."""

import io
import json
from collections.abc import Callable, Iterator

import pytest
from odps import ODPS, errors, options


def content(o: ODPS, name: str) -> bytes:
    with o.get_resource(name).open("rb") as reader:
        return reader.read()


@pytest.mark.parametrize(("name", "kind"), [("f.py", "py"), ("f.txt", "file"), ("f.jar", "jar"), ("f.zip", "archive")])
def test_a_file_resource_comes_back_as_it_went_in(o: ODPS, name: str, kind: str) -> None:
    data = bytes(range(256)) * 100
    o.create_resource(name, kind, file_obj=io.BytesIO(data), comment="about it")
    found = o.get_resource(name)
    assert content(o, name) == data
    assert (found.type.name.lower(), found.size) == (kind, len(data))
    assert found.owner.startswith("ALIYUN$")
    assert o.exist_resource(name)


def test_an_empty_resource(o: ODPS) -> None:
    o.create_resource("empty.txt", "file", file_obj=b"")
    assert content(o, "empty.txt") == b""


def test_update_replaces_content_and_keeps_the_name(o: ODPS) -> None:
    o.create_resource("f.py", "py", file_obj="print(1)\n")
    resource = o.get_resource("f.py")
    resource.update(file_obj=b"print(2)\n")
    assert content(o, "f.py") == b"print(2)\n"
    assert [r.name for r in o.list_resources()] == ["f.py"]


def test_delete(o: ODPS) -> None:
    o.create_resource("f.py", "py", file_obj="1")
    o.delete_resource("f.py")
    assert not o.exist_resource("f.py")
    with pytest.raises(errors.NoSuchObject):
        o.delete_resource("f.py")


def test_a_name_is_taken_once(o: ODPS) -> None:
    o.create_resource("f.py", "py", file_obj="1")
    with pytest.raises(errors.ObjectAlreadyExists):
        o.create_resource("f.py", "py", file_obj="2")
    assert content(o, "f.py") == b"1"


def test_list_pages_and_filters(o: ODPS) -> None:
    for index in range(5):
        o.create_resource(f"a{index}.txt", "file", file_obj=b"x", temp=index == 0)
    o.create_resource("b.txt", "file", file_obj=b"x")
    assert [r.name for r in o.list_resources(prefix="a")] == [f"a{index}.txt" for index in range(5)]
    assert len(list(o.list_resources())) == 6


@pytest.fixture
def small_parts() -> Iterator[None]:
    usual, options.resource_chunk_size = options.resource_chunk_size, 1 << 20
    yield
    options.resource_chunk_size = usual


@pytest.mark.usefixtures("small_parts")
def test_a_large_resource_goes_up_in_parts(o: ODPS) -> None:
    data = bytes(range(256)) * (20 << 10)
    o.create_resource("large.bin", "file", file_obj=io.BytesIO(data))
    assert content(o, "large.bin") == data
    assert [r.name for r in o.list_resources()] == ["large.bin"], "the parts are gone"
    o.get_resource("large.bin").update(file_obj=io.BytesIO(data + b"more"))
    assert content(o, "large.bin").endswith(b"more")


def test_a_table_resource_names_its_table(o: ODPS) -> None:
    o.create_table("t", ("a bigint", "pt string"))
    o.create_resource("t_res", "table", table_name="t", partition="pt=1")
    found = o.get_resource("t_res")
    assert found.table.name == "t"
    assert str(found.get_source_table_partition()) == "pt='1'"


@pytest.mark.parametrize("name", ["../x", "a/b", ""])
def test_a_name_cannot_leave_its_folder(o: ODPS, name: str) -> None:
    with pytest.raises((errors.ODPSError, ValueError, TypeError)):
        o.create_resource(name, "file", file_obj=b"x")


def test_resources_of_another_project_are_not_ours(o: ODPS, connect: Callable[..., ODPS], server: object) -> None:
    o.create_resource("f.py", "py", file_obj="1")
    assert not connect().exist_resource("f.py")


def test_a_read_is_on_the_bill_of_its_project(o: ODPS, cli: Callable[..., str]) -> None:
    o.create_resource("r.txt", "file", file_obj="x" * 1000)
    o.get_resource("r.txt").open("r").read()
    bill = json.loads(cli("bill", "--by", "query", "--project", o.project, "--output", "json"))
    assert [(e["operation"], e["quantity_bytes"]) for e in bill["lines"]] == [("ReadResource", 1000)]
