"""Scripts into statements."""

import pytest

from yunbox.sql.flink.script import is_complete, split_script
from yunbox.sql.flink.statements.parse import parse_script

SET = "BEGIN STATEMENT SET; INSERT INTO a SELECT 1; INSERT INTO b SELECT ';END;'; END"


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]),
        ("SELECT 'a;''b'; -- ; a comment\nSELECT `x;y` FROM t /* ; */;", None),
        (f"{SET}; SELECT 1", [SET, "SELECT 1"]),
        ("EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; END; SELECT 1", None),
        (" ;; -- nothing\n", []),
    ],
)
def test_a_script_is_split_at_its_own_semicolons_only(text: str, statements: list[str] | None) -> None:
    found = split_script(text)
    assert len(found) == (2 if statements is None else len(statements))
    if statements is not None:
        assert found == statements


def test_statements_keep_their_text() -> None:
    text = "CREATE TABLE a (x INT) -- of all\nWITH ('connector' = 'print')"
    assert [one.text for one in parse_script(f"{text};\nSELECT 1;")] == [text, "SELECT 1"]


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("SELECT 1;", True), ("SELECT 1", False), ("SELECT ';", False), ("SELECT 1; -- x", True),
        ("BEGIN STATEMENT SET; INSERT INTO a SELECT 1;", False), (f"{SET};", True),
    ],
)  # fmt: skip
def test_a_statement_is_complete_at_its_semicolon(text: str, complete: bool) -> None:
    assert is_complete(text) is complete
