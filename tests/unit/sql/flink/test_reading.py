"""Everything that the grammar reads is used or refused: no field of a tree is dropped in silence."""

import ast
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

import yunbox.sql.flink
from yunbox.sql.flink.parser import tree
from yunbox.sql.flink.statements import tree as statements

FOLDER = Path(yunbox.sql.flink.__file__).parent
READERS = [
    one for one in FOLDER.rglob("*.py")
    if "parser" not in one.parts and not (one.parent.name == "statements" and one.name != "tree.py")
    and one.name not in ("types.py", "plans.py") and one != FOLDER / "statements" / "tree.py"
]  # fmt: skip
UNREAD = {
    # What only the text keeps: it is what a real Flink would get.
    ("MatchRecognize", "text"), ("MatchRecognize", "input"), ("MatchRecognize", "alias"),
    # A join is lateral by what stands on its right.
    ("TableCall", "lateral"), ("Hint", "items"), ("CreateFunction", "jars"), ("Show", "partition"),
    # The service reads these.
    ("StopJob", "job"), ("StopJob", "savepoint"), ("StopJob", "drain"),
}  # fmt: skip


@cache
def read_names() -> set[str]:
    found: set[str] = set()
    for file in READERS:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
    return found


CLASSES = [
    one
    for module in (tree, statements)
    for one in vars(module).values()
    if isinstance(one, type) and one.__module__ == module.__name__ and hasattr(one, "__dataclass_fields__")
]


@pytest.mark.parametrize("of", CLASSES, ids=lambda one: one.__name__)
def test_each_field_of_a_tree_is_read(of: type) -> None:
    read = read_names()
    missing = {one.name for one in fields(of) if one.name not in read and (of.__name__, one.name) not in UNREAD}
    assert not missing
