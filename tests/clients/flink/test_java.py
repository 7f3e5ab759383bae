"""Flink's own clients for Java as they come: the JDBC driver, and the SQL client in its gateway mode."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.clients.maven import compile_stories
from yunbox.testing.server import Server

pytestmark = [pytest.mark.java, pytest.mark.timeout(900)]
JDBC = {
    "catalog": "default_catalog",
    "schema": "default_database",
    "product": "Flink JDBC Driver 2.3.0",
    "set": "false",
    "create": "false",
    "tables": "nowhere",
    "values": "2,null,2.25,false|1,a,1.50,true",
    "types": "l:BIGINT NOT NULL:1 s:STRING NOT NULL:x d:DECIMAL(10, 2) NOT NULL:1.50 "
    "t:TIMESTAMP(3) NOT NULL:2024-01-02 03:04:05.678 e:DATE NOT NULL:2024-01-02 f:DOUBLE NOT NULL:2.0",
    "sum": "a,4|b,2",
    "insert": "true",
    "describe": "k,BIGINT,true,null,null,null|v,STRING,true,null,null,null",
    "wrong": "parse",
    "missing": "not found",
    "schemas": "default_database,default_catalog",
}
SCRIPT = """
SET 'sql-client.execution.result-mode' = 'tableau';
SET 'execution.runtime-mode' = 'batch';
CREATE TABLE p (k BIGINT, v STRING) WITH ('connector' = 'print');
SHOW TABLES;
SELECT k, SUM(v) AS s FROM (VALUES ('a', 1), ('b', 2), ('a', 3)) AS t(k, v) GROUP BY k ORDER BY k;
INSERT INTO p VALUES (1, 'a'), (2, 'b');
DESCRIBE p;
SELECT * FROM nothing;
"""
PICTURE = [
    "| table name |", "|          p |", "1 row in set",
    "| k | s |", "| a | 4 |", "| b | 2 |", "2 rows in set",
    "[INFO] SQL update statement has been successfully submitted to the cluster:", "Job ID: ",
    "| name |   type | null | key | extras | watermark |",
    "|    k | BIGINT | TRUE |     |        |           |",
    "|    v | STRING | TRUE |     |        |           |",
    "2 rows in set",
]  # fmt: skip
_VARYING = re.compile(r"(Job ID: ).*|(?<=in set) \(.*\)")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def class_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    return compile_stories(Path(__file__).parent / "java", tmp_path_factory.mktemp("classes"))


def at(server: Server) -> str:
    return str(server.endpoints["flink"]).removeprefix("http://")


def test_the_jdbc_driver(server: Server, class_path: str) -> None:
    run = subprocess.run(
        ["java", "-cp", class_path, "Jdbc", at(server)], check=True, timeout=300, capture_output=True, encoding="utf-8"
    )
    assert dict(line.split("=", 1) for line in run.stdout.splitlines()) == JDBC, run.stderr[-2000:]


def test_the_sql_client(server: Server, class_path: str, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("{}\n")
    (tmp_path / "script.sql").write_text(SCRIPT)
    run = subprocess.run(
        ["java", "-cp", class_path, "org.apache.flink.table.client.SqlClient", "gateway", "--endpoint", at(server),
         "-f", str(tmp_path / "script.sql"), "-hist", str(tmp_path / "history")],
        check=True, timeout=300, capture_output=True, encoding="utf-8",
        env={**os.environ, "FLINK_CONF_DIR": str(tmp_path)},
    )  # fmt: skip
    lines = [_VARYING.sub(r"\1", _COLOURS.sub("", line)) for line in run.stdout.splitlines()]
    found = [line for line in lines if line.startswith(("| ", "[INFO] SQL", "Job ID")) or " in set" in line]
    assert found == PICTURE, run.stdout
    error = "\n".join(lines).partition("[ERROR] Could not execute SQL statement. Reason:\n")[2]
    assert re.match(r"org\.apache\.flink\.\S+Exception: .*Object 'nothing' not found\n", error), run.stdout
