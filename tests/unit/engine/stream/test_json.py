"""JSON as real Flink 2.3 writes it, in scalar functions and in aggregates, and what it refuses."""

from pathlib import Path

import pytest

from tests.unit.engine.stream.test_files import Jobs
from yunbox.kernel.errors import KernelError

KV = "FROM (VALUES ('a', 1), ('b', CAST(NULL AS INT)), ('c', 3)) AS t(k, v)"
ANSWERS = [
    (f"SELECT JSON_OBJECTAGG(KEY k VALUE v) {KV}", '{"a":1,"b":null,"c":3}'),
    (f"SELECT JSON_OBJECTAGG(KEY k VALUE v ABSENT ON NULL) {KV}", '{"a":1,"c":3}'),
    (f"SELECT JSON_ARRAYAGG(v) {KV}", "[1,3]"),
    (f"SELECT JSON_ARRAYAGG(v NULL ON NULL) {KV}", "[1,null,3]"),
    (f"SELECT JSON_ARRAYAGG(JSON_OBJECT(KEY 'x' VALUE k)) {KV}", '[{"x":"a"},{"x":"b"},{"x":"c"}]'),
    (f"SELECT JSON_OBJECTAGG(KEY k VALUE JSON_ARRAY(v, k)) {KV}", '{"a":[1,"a"],"b":["b"],"c":[3,"c"]}'),
    ("SELECT JSON_OBJECTAGG(k VALUE v) FROM (VALUES ('b', 1), ('a', 2), ('ab', 3), ('B', 4)) AS t(k, v)",
     '{"B":4,"a":2,"ab":3,"b":1}'),
    (f"SELECT JSON_ARRAYAGG(v) {KV} WHERE v > 5", "[]"),
    (f"SELECT JSON_OBJECTAGG(KEY k VALUE v) {KV} WHERE v > 5", "{}"),
    ("SELECT JSON_ARRAYAGG(v) FROM (VALUES (1.50), (CAST(2 AS DECIMAL(3, 2)))) AS t(v)", "[1.50,2.00]"),
    ("SELECT JSON_ARRAYAGG(v) FROM (VALUES (MAP['a', 1])) AS t(v)", '[{"a":1}]'),
    ("SELECT JSON_ARRAY(1e-5, 1e7, 123456789.125e0, -1.5e-10, 0e0, 12345678e0)",
     "[0.000010,1.0E+7,123456789.125,-1.5E-10,0.0,12345678]"),
    ("SELECT JSON_STRING(CAST(0.1 AS FLOAT))", "0.10000000149011612"),
    ("SELECT JSON_STRING(CAST('0.0000000001' AS DECIMAL(20, 15)))", "1.00000E-10"),
    ("SELECT JSON_STRING(TIMESTAMP '2020-01-01 10:00:00.120456')", '"2020-01-01T10:00:00.120456"'),
    ("SELECT JSON_STRING(TIMESTAMP '2020-01-01 10:01:00')", '"2020-01-01T10:01:00"'),
    ("SELECT JSON_STRING(TO_TIMESTAMP_LTZ(1120, 3))", '"1970-01-01T00:00:01.12Z"'),
    ("SELECT JSON_STRING(MAP['z', 1, 'b', 2])", '{"b":2,"z":1}'),
    ("SELECT JSON_STRING(CAST(ROW(1, 2) AS ROW<z INT, a INT>))", '{"a":2,"z":1}'),
    ("SELECT JSON_OBJECT(KEY 'z' VALUE 1, KEY 'a' VALUE JSON_OBJECT(KEY 'q' VALUE 1, KEY 'b' VALUE 2))",
     '{"a":{"b":2,"q":1},"z":1}'),
    ("SELECT JSON_OBJECT(KEY 'a' VALUE 1, KEY 'a' VALUE 2)", '{"a":2}'),
    ("SELECT JSON_STRING(m) FROM (SELECT COLLECT(v) AS m FROM (VALUES ('a'), ('b'), ('a')) AS t(v))", '{"a":2,"b":1}'),
    ("""SELECT JSON_QUERY('{"x":{"z":1,"a":{"d":1,"c":2.50}}}', '$.x')""", '{"a":{"c":2.50,"d":1},"z":1}'),
]  # fmt: skip
REFUSALS = [
    ("SELECT JSON_OBJECTAGG(KEY k VALUE v) FROM (VALUES ('a', 1), ('a', 2)) AS t(k, v)",
     "Key 'a' is already present. Duplicate keys are not allowed in JSON_OBJECTAGG"),
    ("SELECT JSON_OBJECTAGG(KEY k VALUE v) FROM (VALUES (CAST(NULL AS STRING), 3)) AS t(k, v)",
     "Map views don't support null keys"),
    ("SELECT JSON_OBJECTAGG(KEY k VALUE v) FROM (VALUES (1, 1)) AS t(k, v)",
     "Cannot apply 'JSON_OBJECTAGG_NULL_ON_NULL' to arguments of type"),
    ("SELECT JSON_ARRAYAGG(v) FROM (VALUES (DATE '2020-01-01')) AS t(v)",
     "Type 'DATE NOT NULL' is not scalar or cannot be converted into JSON"),
    ("SELECT JSON_ARRAY(TIME '10:00:00')", r"Type 'TIME\(0\) NOT NULL' is not scalar"),
    ("SELECT JSON_STRING(MAP[1, 2])", "The key type must be a character string"),
    ("SELECT JSON_STRING(DATE '2020-01-01')", "Expected type of family 'CHARACTER_STRING' but actual type was 'DATE"),
    ("SELECT JSON_OBJECT(KEY CAST(NULL AS STRING) VALUE 1)", "must not be NULL"),
    ("SELECT JSON_ARRAYAGG(DISTINCT v) FROM (VALUES (1)) AS t(v)", "Incorrect syntax near the keyword 'DISTINCT'"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "answer"), ANSWERS)
def test_json_is_written_as_flink_writes_it(tmp_path: Path, query: str, answer: str) -> None:
    assert Jobs(tmp_path).run(query) == [f"+I[{answer}]"]


@pytest.mark.parametrize(("query", "reason"), REFUSALS)
def test_what_has_no_json_is_refused(tmp_path: Path, query: str, reason: str) -> None:
    with pytest.raises(KernelError, match=reason):
        Jobs(tmp_path).run(query)


def test_lists_of_a_stream_take_back_what_goes(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    jobs.stream()
    latest = "SELECT MAX(v) AS v FROM (VALUES ('a', 1), ('a', 2), ('b', 3)) AS t(k, v) GROUP BY k"
    assert jobs.run(f"SELECT JSON_ARRAYAGG(v) FROM ({latest})")[-1] == "+I[[2,3]]"


@pytest.mark.parametrize(
    ("query", "row"),
    [("SELECT COUNT(*)", "0"), ("SELECT COUNT(v), SUM(v), COUNT(DISTINCT v), MAX(k)", "0, None, 0, None"),
     ("SELECT SUM(n) + 1, COUNT(*) FROM (SELECT COUNT(*) AS n", "1, 1")],
)  # fmt: skip
def test_a_batch_without_rows_has_its_one_group(tmp_path: Path, query: str, row: str) -> None:
    end = ")" if query.count("(") > query.count(")") else ""
    jobs = Jobs(tmp_path)
    assert jobs.run(f"{query} {KV} WHERE v > 5{end}") == [f"+I[{row}]"]
    assert jobs.run(f"SELECT k, COUNT(*) {KV} WHERE v > 5 GROUP BY k") == []
    jobs.stream()
    assert jobs.run(f"SELECT COUNT(*) {KV} WHERE v > 5") == []
