"""Statements about tables, views, databases and the session, and what they answer."""

import json
import re
import subprocess
import sys

import pytest

from tests.unit.sql.flink.house import planner, run
from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.sql.flink.catalog import Catalog
from yunbox.sql.flink.errors import EndOfText
from yunbox.sql.flink.planner import Done, Planner, Rows, Show
from yunbox.sql.flink.plans import Job, Sink, Table
from yunbox.sql.flink.statements import tree
from yunbox.sql.flink.statements.parse import parse

PK = """
CREATE TABLE pk (
    a INT,
    b STRING COMMENT 'bb',
    c AS UPPER(b),
    e TIMESTAMP(3) METADATA FROM 'x' VIRTUAL, -- a comment
    f STRING METADATA,
    PRIMARY KEY (a) NOT ENFORCED
) COMMENT 'tt' PARTITIONED BY (b) WITH (
    'connector' = 'blackhole', -- of all
    'password' = 'abc', 'accessKey' = 'k', 'accessId' = 'i', 'key.format' = 'json'
)
"""


def new() -> Planner:
    return Planner(Catalog())


def rows(script: str) -> list[tuple[object, ...]]:
    outcome = run(new(), script)
    assert isinstance(outcome, Rows)
    return list(outcome.rows)


def test_describe_answers_as_flink_does() -> None:
    outcome = run(new(), f"{PK}; DESCRIBE pk")
    assert [one.name for one in outcome.fields] == ["name", "type", "null", "key", "extras", "watermark", "comment"]
    assert outcome.rows == (
        ("a", "INT", False, "PRI(a)", None, None, None),
        ("b", "STRING", True, None, None, None, "bb"),
        ("c", "STRING", True, None, "AS UPPER(`b`)", None, None),
        ("e", "TIMESTAMP(3)", True, None, "METADATA FROM 'x' VIRTUAL", None, None),
        ("f", "STRING", True, None, "METADATA", None, None),
    )


def test_describe_tells_time_attributes() -> None:
    found = {row[0]: row for row in run(planner(), "DESC t").rows}
    assert found["ts"][1:] == ("TIMESTAMP(3) *ROWTIME*", True, None, None, "`ts` - INTERVAL '5' SECOND")
    assert found["p"][1:5] == ("TIMESTAMP_LTZ(3) *PROCTIME*", False, None, "AS PROCTIME()")


def test_show_create_table_can_be_read_again_and_tells_no_secret() -> None:
    text = str(rows(f"{PK}; SHOW CREATE TABLE pk")[0][0])
    assert text == (
        "CREATE TABLE `default_catalog`.`default_database`.`pk` (\n"
        "  `a` INT NOT NULL,\n"
        "  `b` VARCHAR(2147483647) COMMENT 'bb',\n"
        "  `c` AS UPPER(`b`),\n"
        "  `e` TIMESTAMP(3) METADATA FROM 'x' VIRTUAL,\n"
        "  `f` VARCHAR(2147483647) METADATA,\n"
        "  CONSTRAINT `PK_a` PRIMARY KEY (`a`) NOT ENFORCED\n"
        ")\n"
        "COMMENT 'tt'\n"
        "PARTITIONED BY (`b`)\n"
        "WITH (\n"
        "  'accessId' = 'i',\n"
        "  'accessKey' = '******',\n"
        "  'connector' = 'blackhole',\n"
        "  'key.format' = 'json',\n"
        "  'password' = '******'\n"
        ")\n"
    )
    made = new()
    run(made, text)
    assert str(run(made, "SHOW CREATE TABLE pk").rows[0][0]) == text


def test_a_column_may_be_called_like_a_time() -> None:
    made = new()
    run(made, "CREATE TABLE s (user_id BIGINT, timestamp TIMESTAMP, date DATE) WITH ('connector' = 'print')")
    job = run(made, "INSERT INTO s (user_id, timestamp) SELECT 1, TIMESTAMP '2020-01-01 00:00:00'")
    assert [one.name for one in job.sinks[0].columns] == ["user_id", "timestamp"]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("SHOW CURRENT CATALOG", [("default_catalog",)]),
        ("CREATE DATABASE d; USE d; SHOW CURRENT DATABASE", [("d",)]),
        ("CREATE DATABASE d; SHOW DATABASES", [("d",), ("default_database",)]),
        ("CREATE CATALOG x WITH ('type' = 'generic_in_memory'); SHOW CATALOGS LIKE 'x%'", [("x",)]),
        ("CREATE TABLE a (x INT) WITH ('a' = 'b'); CREATE VIEW v AS SELECT 1; SHOW TABLES", [("a",), ("v",)]),
        ("CREATE TEMPORARY VIEW v AS SELECT 1; SHOW VIEWS", [("v",)]),
        ("CREATE VIEW v AS SELECT 1; DROP VIEW v; SHOW VIEWS", []),
        ("CREATE TABLE a (x INT) WITH ('connector' = 'print'); ALTER TABLE a RENAME TO b; SHOW TABLES", [("b",)]),
        ("SHOW FUNCTIONS LIKE 'upp%'", [("upper",)]),
        ("CREATE FUNCTION f AS 'a.b.C'; SHOW USER FUNCTIONS", [("f",)]),
        ("SET 'a.b' = 'c'; SET", [("a.b", "c")]),
        ("SET 'a.secret' = 'c'; SET", [("a.secret", "******")]),
        ("SET 'a' = 'c'; RESET 'a'; SET", []),
        ("SHOW MODULES", [("core",)]),
        ("ADD JAR '/a.jar'; SHOW JARS", [("/a.jar",)]),
    ],
)  # fmt: skip
def test_show_answers(script: str, expected: list[tuple[object, ...]]) -> None:
    assert rows(script) == expected


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("DROP TABLE x", "Table with identifier 'default_catalog.default_database.x' does not exist."),
        ("USE x", "A database with name [x] does not exist in the catalog: [default_catalog]."),
        ("USE CATALOG x", "A catalog with name [x] does not exist."),
        ("DESCRIBE x", "Tables or views with the identifier 'default_catalog.default_database.x' doesn't exist."),
        ("CREATE TABLE a (x INT) WITH (); CREATE TABLE a (x INT) WITH ()", "`default_catalog`.`default_database`.`a`"),
        ("CREATE TABLE a (x INT, x INT) WITH ()", "A column named 'x' already exists in the table."),
        ("CREATE TABLE a (x INT, WATERMARK FOR x AS x) WITH ()", "but the time field type is INT"),
        ("CREATE TABLE a (x INT, PRIMARY KEY (y) NOT ENFORCED) WITH ()", "Primary key column 'y' is not defined"),
        ("CREATE TABLE a (x INT, PRIMARY KEY (x)) WITH ()", "Flink doesn't support ENFORCED mode"),
        ("CREATE TABLE a (x INT, y AS x + 1) WITH (); ALTER TABLE a RENAME x TO z", "by computed column `y`"),
        ("CREATE VIEW v AS SELECT 1; DROP TABLE v", "does not exist."),
        ("INSERT INTO x SELECT 1", "Cannot find table '`default_catalog`.`default_database`.`x`'"),
        ("SELECT FROM x", "SQL parse failed. Incorrect syntax near the keyword 'FROM' at line 1, column 8."),
        ("SELECT 1 AS a b", 'SQL parse failed. Encountered "b" at line 1, column 15.'),
        ("SELEC 1", "SQL parse failed. Non-query expression encountered in illegal context"),
        ("SELECT 1 != 2", "Bang equal '!=' is not allowed under the current SQL conformance level"),
        ("SELECT @", "Lexical error at line 1, column 8."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_as_flink_says_it(script: str, message: str) -> None:
    with pytest.raises(InvalidArgument, match=re.escape(message)):
        run(new(), script)


@pytest.mark.parametrize("text", ["SELECT (1", "CREATE TABLE x (a INT", "SELECT 'abc"])
def test_a_statement_that_goes_on_is_told_apart(text: str) -> None:
    with pytest.raises(EndOfText):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "COMPILE PLAN 'x' FOR INSERT INTO a SELECT 1", "EXECUTE PLAN 'x'", "UPDATE a SET b = 1", "DELETE FROM a",
        "TRUNCATE TABLE a", "ANALYZE TABLE a COMPUTE STATISTICS", "CALL a.b()", "LOAD MODULE x", "CREATE MODEL m",
        "ALTER TABLE t ADD PARTITION (a = 1)", "ALTER TABLE t DROP PARTITION (a = 1)",
        "SELECT * FROM t MATCH_RECOGNIZE (ORDER BY ts MEASURES A.x AS x PATTERN (A) SUBSET S = (A) DEFINE A AS TRUE)",
        "CREATE CATALOG c WITH ('type' = 'jdbc')", "SHOW PARTITIONS t", "SELECT 1 FROM t TABLESAMPLE (5)",
    ],
)  # fmt: skip
def test_what_is_not_offered_is_refused_by_name(text: str) -> None:
    made = planner()
    with pytest.raises(Unsupported):
        run(made, text)


def test_statements_of_the_service_come_back_as_they_are() -> None:
    assert run(new(), "STOP JOB 'abc' WITH SAVEPOINT WITH DRAIN") == tree.StopJob(
        "abc", savepoint=True, drain=True, text="STOP JOB 'abc' WITH SAVEPOINT WITH DRAIN"
    )
    assert run(new(), "SHOW JOBS") == Show("JOBS")
    assert run(new(), "CREATE DATABASE d") == Done(changed=True)


def test_a_catalogue_is_the_same_after_json() -> None:
    made = planner()
    run(
        made,
        f"{PK}; CREATE TEMPORARY VIEW v AS SELECT ts, a + 1 AS b FROM t; CREATE FUNCTION f AS 'a.B' LANGUAGE PYTHON",
    )
    again = Catalog.from_json(json.loads(json.dumps(made.catalog.to_json())))
    assert again.to_json() == made.catalog.to_json()
    assert again.table(("t",)) == made.catalog.table(("t",))
    assert again.table(("v",)) == made.catalog.table(("v",))
    assert Catalog.from_json(made.catalog.to_json(with_temporary=False)).table(("v",)) is None


def test_like_takes_over_what_it_is_told_to() -> None:
    made = planner()
    run(made, "CREATE TABLE x (z INT) WITH ('connector' = 'print') LIKE t (EXCLUDING OPTIONS EXCLUDING WATERMARKS)")
    found = made.catalog.table(("x",))
    assert isinstance(found, Table)
    assert found.watermark is None
    assert found.options == {"connector": "print"}
    assert found.columns[-1].name == "z"


def test_create_as_select_makes_the_table_and_runs() -> None:
    made = planner()
    job = run(made, "CREATE TABLE x WITH ('connector' = 'print') AS SELECT a, COUNT(*) AS n FROM t GROUP BY a")
    assert isinstance(job, Job)
    found = made.catalog.table(("x",))
    assert isinstance(found, Table)
    assert [str(one.type) for one in found.columns] == ["INT", "BIGINT NOT NULL"]


def test_a_statement_set_is_one_job_whose_common_parts_are_one() -> None:
    made = planner()
    job = run(
        made,
        "BEGIN STATEMENT SET; INSERT INTO sink SELECT a, s FROM t; INSERT INTO sink SELECT a + 1, s FROM t; END;",
    )
    assert len(job.sinks) == 2
    assert job.sinks[0].input.inputs[0] is job.sinks[1].input.inputs[0]


def test_alter_table_changes_columns() -> None:
    made = new()
    run(made, "CREATE TABLE a (x INT) WITH ('connector' = 'print')")
    run(made, "ALTER TABLE a ADD (y STRING FIRST, z AS x + 1); ALTER TABLE a MODIFY x BIGINT AFTER z")
    run(made, "ALTER TABLE a SET ('b' = 'c'); ALTER TABLE a DROP y; ALTER TABLE a ADD PRIMARY KEY (x) NOT ENFORCED")
    found = made.catalog.table(("a",))
    assert isinstance(found, Table)
    assert [(one.name, str(one.type)) for one in found.columns] == [("z", "INT"), ("x", "BIGINT NOT NULL")]
    assert (found.options, found.primary_key) == ({"connector": "print", "b": "c"}, ("x",))


def test_an_insert_says_its_partition_and_its_columns() -> None:
    made = new()
    run(made, "CREATE TABLE p (a INT, b STRING, dt STRING) PARTITIONED BY (dt) WITH ('connector' = 'odps')")
    job = run(made, "INSERT OVERWRITE p PARTITION (dt = '2020') (b) VALUES ('x')")
    found = job.sinks[0]
    assert isinstance(found, Sink)
    assert found.overwrite
    assert found.static_partition == {"dt": "2020"}
    assert [one.name for one in found.columns] == ["b", "dt"]


def test_a_statement_is_planned_by_the_standard_library_alone() -> None:
    code = (
        "import sys; from yunbox.sql.flink.planner import Planner; "
        "sys.exit(any(name in sys.modules for name in ('duckdb', 'sqlglot', 'numpy', 'pyarrow')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names_in_a_view_stay_where_they_were() -> None:
    made = planner()
    run(made, "CREATE DATABASE d; CREATE VIEW d.v AS SELECT a FROM t; USE d")
    assert isinstance(run(made, "SELECT a FROM v"), Job)
    assert Catalog.from_json(made.catalog.to_json()).table(("v",)) == made.catalog.table(("v",))
