"""Nexmark's questions as plans; what they answer is in ``tests/unit/engine/stream/test_nexmark.py``."""

import pytest

from tests import nexmark
from tests.unit.sql.flink.house import run, shape
from yunbox.kernel.errors import Unsupported
from yunbox.sql.flink.catalog import Catalog, Function
from yunbox.sql.flink.planner import Planner
from yunbox.sql.flink.plans import UserFunction
from yunbox.sql.flink.types import BIGINT, STRING

MADE = f"""{nexmark.tables("'connector' = 'datagen'")};
CREATE TABLE side (key BIGINT, `value` STRING) WITH ('connector' = 'hologres');
CREATE FUNCTION count_char AS 'marks.count_char' LANGUAGE PYTHON
"""
ROWS = "Project(Filter(AssignWatermark(Project(Source))))"  # a projection computes the time
COUNTED = f"Project(Aggregate(WindowTable({ROWS})))"
SHAPES = {
    "q0": ROWS,
    "q1": ROWS,
    "q2": f"Filter({ROWS})",
    "q3": f"Project(Join(Project(Filter({ROWS})), Filter({ROWS})))",
    "q4": f"Aggregate(Project(Aggregate(Join({ROWS}, {ROWS}))))",
    "q5": f"Project(WindowJoin({COUNTED}, Project(Aggregate({COUNTED}))))",
    "q7": f"Project(Join({ROWS}, {COUNTED}))",
    "q8": f"Project(WindowJoin(Aggregate(WindowTable({ROWS})), Aggregate(WindowTable({ROWS}))))",
    "q9": f"Rank(Join({ROWS}, {ROWS}))",
    "q10": ROWS,
    "q11": COUNTED,
    "q12": COUNTED,
    "q13": f"Project(LookupJoin({ROWS}))",
    "q14": f"Project(Filter({ROWS}))",
    "q15": f"Aggregate({ROWS})",
    "q16": f"Aggregate({ROWS})",
    "q17": f"Aggregate({ROWS})",
    "q18": f"Rank({ROWS})",
    "q19": f"Rank({ROWS})",
    "q20": f"Project(Join({ROWS}, Filter({ROWS})))",
    "q21": f"Project(Filter({ROWS}))",
    "q22": f"Project({ROWS})",
    "q23": f"Project(Join(Project(Join({ROWS}, {ROWS})), {ROWS}))",
}


def letters(function: Function) -> UserFunction | None:
    if function.language != "PYTHON":
        return None
    return UserFunction(function.name, function.class_name, (STRING, STRING), BIGINT)


@pytest.mark.parametrize("name", nexmark.QUERIES)
def test_a_question_of_nexmark_is_planned(name: str) -> None:
    made = Planner(Catalog(), {}, letters)
    run(made, MADE)
    job = run(made, nexmark.QUERIES[name])
    assert shape(job.sinks[0].input) == SHAPES[name]
    assert [one.name for one in job.functions] == (["count_char"] if name == "q14" else [])


def test_a_function_in_java_is_refused_by_name() -> None:
    made = Planner(Catalog(), {}, letters)
    run(made, f"{MADE}; CREATE FUNCTION in_java AS 'com.example.CountChar'")
    with pytest.raises(Unsupported, match="in_java"):
        run(made, "SELECT in_java(extra, 'c') FROM bid")


def test_a_view_may_call_a_function_in_python() -> None:
    made = Planner(Catalog(), {}, letters)
    run(made, f"{MADE}; CREATE VIEW v AS SELECT count_char(extra, 'c') AS n FROM bid")
    job = run(made, "SELECT n FROM v")
    assert [one.name for one in job.functions] == ["count_char"]
