"""The columns of streaming queries, their types and time attributes, and what is wrong with others, as Flink says it.

``schemas.tsv`` holds a query and what real Flink (2.3) answers, ERR in front of a message's first line.
"""

from pathlib import Path

import pytest

from tests.unit.sql.flink.house import plan
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.plans import Node

QUERIES = [line.split("\t") for line in Path(__file__).with_name("schemas.tsv").read_text("utf-8").splitlines()]
ROLES = {"rowtime": " *ROWTIME*", "proctime": " *PROCTIME*", "": ""}


def schema(node: Node) -> str:
    return f"( {', '.join(f'`{one.name}` {one.type}{ROLES[one.time]}' for one in node.fields)} )"


@pytest.mark.parametrize(("query", "expected"), QUERIES, ids=[one[0] for one in QUERIES])
def test_a_query_has_flinks_schema_or_flinks_complaint(query: str, expected: str) -> None:
    if not expected.startswith("ERR "):
        assert schema(plan(query)) == expected
        return
    with pytest.raises(InvalidArgument) as error:
        plan(query)
    assert expected.removeprefix("ERR ") in error.value.message
