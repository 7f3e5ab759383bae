"""Functions through PyODPS: registered, listed, changed, removed."""

import pytest
from odps import ODPS, errors


@pytest.fixture
def script(o: ODPS) -> str:
    o.create_resource("f.py", "py", file_obj="class F: pass")
    return "f.py"


def test_a_function_is_registered_with_its_resources(o: ODPS, script: str) -> None:
    o.create_function("my_f", class_type="f.F", resources=[o.get_resource(script)])
    found = o.get_function("my_f")
    assert found.class_type == "f.F"
    assert [r.name for r in found.resources] == [script]
    assert found.owner.startswith("ALIYUN$")
    assert o.exist_function("my_f")
    assert [f.name for f in o.list_functions()] == ["my_f"]


def test_update_changes_the_class(o: ODPS, script: str) -> None:
    function = o.create_function("my_f", class_type="f.F", resources=[script])
    function.class_type = "f.G"
    function.update()
    assert o.get_function("my_f").class_type == "f.G"


def test_delete(o: ODPS, script: str) -> None:
    o.create_function("my_f", class_type="f.F", resources=[script])
    o.delete_function("my_f")
    assert not o.exist_function("my_f")


def test_a_function_needs_its_resources(o: ODPS) -> None:
    with pytest.raises(errors.NoSuchObject):
        o.create_function("my_f", class_type="f.F", resources=["absent.py"])


def test_a_name_is_taken_once(o: ODPS, script: str) -> None:
    o.create_function("my_f", class_type="f.F", resources=[script])
    with pytest.raises(errors.ODPSError):
        o.create_function("my_f", class_type="f.F", resources=[script])
