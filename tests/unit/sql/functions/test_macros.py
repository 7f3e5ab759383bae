"""The macros lie as SQL beside the functions' tables: each is explained there, and made after those it uses."""

import re
from importlib import resources
from pathlib import Path

import yunbox.sql.maxcompute.functions as functions

FOLDER = Path(str(resources.files(functions)))
SQL = [*FOLDER.glob("*.sql"), *FOLDER.parent.glob("*.sql")]
NAME = re.compile(r"\bmc_\w+")


def test_every_macro_is_explained_beside_its_table():
    for path in SQL:
        assert path.with_suffix(".py").exists(), path
        text = path.read_text("utf-8")
        assert text.count("\n-- ") >= text.count("CREATE OR REPLACE MACRO"), path
        assert text.endswith(";\n"), path


def test_a_macro_comes_after_those_it_uses():
    known: set[str] = set()
    for text in functions.MACROS:
        name, *used = NAME.findall(text)
        assert {*used} - {name} <= known
        known.add(name)
    written = "".join(path.read_text("utf-8") for path in SQL)
    assert len(known) == written.count("CREATE OR REPLACE MACRO") == len(functions.MACROS)


def test_what_the_tables_call_is_there():
    known = {NAME.findall(text)[0] for text in functions.MACROS}
    for path in [*FOLDER.glob("*.py"), *FOLDER.parent.glob("*.py")]:
        assert {name for name in NAME.findall(path.read_text("utf-8")) if not name.endswith("_")} <= known, path
