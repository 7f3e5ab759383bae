"""Tables of files: what is read of them, what is written, and what becomes of both when a job is cut off."""

import bz2
import gzip
import json
import lzma
import time
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from yunbox.engine.stream.batch import Change, Kind
from yunbox.engine.stream.connectors.filesystem.partitions import PartitionTimes, folder_name, values_of
from yunbox.engine.stream.job import JobRunner
from yunbox.engine.stream.poison import PoisonRecord
from yunbox.kernel.errors import KernelError
from yunbox.sql.flink.catalog import Catalog
from yunbox.sql.flink.planner import Planner
from yunbox.sql.flink.plans import Job


class Jobs:
    """A session without a server: its jobs run here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.planner = Planner(Catalog(), {"execution.runtime-mode": "batch"})
        self.out: list[Change] = []
        self._count = 0

    def run(self, *statements: str) -> list[str]:
        """Carry statements out; the rows of the last query, as text."""
        self.out.clear()
        for text in statements:
            runner = self.begin(text)
            if runner is not None:
                try:
                    runner.run(lambda: False)
                finally:
                    runner.close()
        return [f"{Kind(kind).text}{list(row)}".replace("'", "") for kind, row in self.out]

    def left(self, query: str) -> list[str]:
        """What is left of all changes of a query, in order: its rows as text, without their kinds."""
        rows: Counter[str] = Counter()
        for change in self.run(query):
            rows[change[3:-1]] += 1 if change[:2] in ("+I", "+U") else -1
            assert rows[change[3:-1]] >= 0, "something was taken back that was never given"
        return sorted(rows.elements())

    def begin(self, text: str, again: bool = False) -> JobRunner | None:
        """The job of a statement, or none; ``again`` is one that was cut off."""
        [statement] = self.planner.statements(text)
        made = self.planner.plan(statement)
        if not isinstance(made, Job):
            return None
        self._count += not again
        folder = self.folder / f"job-{self._count}"
        folder.mkdir(exist_ok=True)
        return JobRunner(made, folder, job_id=f"job{self._count}", give=self.out.extend)

    def stream(self) -> None:
        self.run("SET 'execution.runtime-mode' = 'streaming'")


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path)


def table(folder: Path, columns: str, form: str, name: str = "t", by: str = "", **options: str) -> str:
    given = {"connector": "filesystem", "path": f"file://{folder}", "format": form, **options}
    written = ", ".join(f"'{key}' = '{value}'" for key, value in given.items())
    return f"CREATE TABLE {name} ({columns}) {f'PARTITIONED BY ({by})' if by else ''} WITH ({written})"


def files(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()}


def test_json_is_read_by_name_and_by_type(jobs: Jobs, tmp_path: Path) -> None:
    lines = [
        {"i": 1, "s": "a", "b": True, "d": 1.5, "m": 12.345, "day": "2024-02-29", "t": "2024-02-29 08:00:00.5",
         "z": "2024-02-29 08:00:00Z", "x": "YWI=", "l": [1, 2], "o": {"p": 1, "q": "r"}, "unknown": 1},
        {"i": "2", "s": 7, "b": "TRUE", "d": "1e3", "m": 99999999, "l": None},
        {"i": 3.9, "s": {"k": [1]}},
    ]  # fmt: skip
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_text("\n".join(json.dumps(one) for one in lines) + "\n\n")
    columns = ("i BIGINT, s STRING, b BOOLEAN, d DOUBLE, m DECIMAL(6, 2), `day` DATE, t TIMESTAMP(3), "
               "z TIMESTAMP_LTZ(3), x BYTES, l ARRAY<INT>, o ROW<p INT, q STRING>")  # fmt: skip
    found = jobs.run(table(tmp_path / "in", columns, "json"), "SELECT * FROM t")
    assert found == [
        "+I[1, a, True, 1.5, 12.35, 19782, 1709193600500000, 1709193600000000, YWI=, [1,2], {\"p\":1,\"q\":\"r\"}]",
        "+I[2, 7, True, 1000.0, None, None, None, None, None, None, None]",
        "+I[3, {\"k\":[1]}, None, None, None, None, None, None, None, None, None]",
    ]  # fmt: skip


@pytest.mark.parametrize(("line", "why"), [
    ('{"i": "x"}', "row 2"), ("{", "row 2"), ('{"i": 1, "t": "2024-01-01T00:00:00"}', "could not be parsed"),
])  # fmt: skip
def test_a_line_that_is_none_is_named(jobs: Jobs, tmp_path: Path, line: str, why: str) -> None:
    (tmp_path / "in.json").write_text('{"i": 1}\n' + line + "\n")
    made = table(tmp_path / "in.json", "i BIGINT, t TIMESTAMP(3)", "json")
    with pytest.raises(PoisonRecord, match=why) as caught:
        jobs.run(made, "SELECT * FROM t")
    assert f"file:{tmp_path}/in.json" in caught.value.message
    lenient = table(
        tmp_path / "in.json", "i BIGINT, t TIMESTAMP(3)", "json", "u", **{"json.ignore-parse-errors": "true"}
    )
    assert jobs.run(lenient, "SELECT i, t FROM u")[0] == "+I[1, None]"


def test_json_may_want_every_field_and_other_times(jobs: Jobs, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text('{"i": 1, "t": "2024-02-29T08:00:00.5"}\n')
    made = table(tmp_path / "in.json", "t TIMESTAMP(3)", "json", **{"json.timestamp-format.standard": "ISO-8601"})
    assert jobs.run(made, "SELECT * FROM t") == ["+I[1709193600500000]"]
    strict = table(tmp_path / "in.json", "j INT", "json", "u", **{"json.fail-on-missing-field": "true"})
    with pytest.raises(PoisonRecord, match="Could not find field with name j"):
        jobs.run(strict, "SELECT * FROM u")


def test_csv_is_read_by_place(jobs: Jobs, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text('#no\n1,"a, ""b""\nc",1.5,x;y\n2,n/a,,\n')
    options = {"csv.allow-comments": "true", "csv.null-literal": "n/a", "csv.ignore-parse-errors": "true"}
    made = table(tmp_path / "in.csv", "i INT, s STRING, d DOUBLE, l ARRAY<STRING>", "csv", **options)
    assert jobs.run(made, "SELECT s, i, l, d FROM t") == [
        '+I[a, "b"\\nc, 1, ["x","y"], 1.5]', '+I[None, 2, [""], None]',
    ]  # fmt: skip


def test_csv_of_another_length_is_named(jobs: Jobs, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("1|a\n2|b|c\n")
    made = table(tmp_path / "in.csv", "i INT, s STRING", "csv", **{"csv.field-delimiter": "|"})
    with pytest.raises(PoisonRecord, match=r"Row length mismatch\. 2 fields expected but was 3"):
        jobs.run(made, "SELECT * FROM t")


@pytest.mark.parametrize(("ending", "pack"), [
    ("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress), ("deflate", zlib.compress),
])  # fmt: skip
def test_compressed_files_are_read(jobs: Jobs, tmp_path: Path, ending: str, pack: Callable[[bytes], bytes]) -> None:
    (tmp_path / f"in.{ending}").write_bytes(pack(b"a\nb\n"))
    assert jobs.run(table(tmp_path / f"in.{ending}", "s STRING", "raw"), "SELECT s FROM t") == ["+I[a]", "+I[b]"]


def test_partitions_and_metadata_are_columns(jobs: Jobs, tmp_path: Path) -> None:
    for folder, text in (("d=1/h=a%3Ab", "x\n"), ("d=2/h=__DEFAULT_PARTITION__", "y\n"), ("d=2/_tmp", "no\n")):
        (tmp_path / "in" / folder).mkdir(parents=True)
        (tmp_path / "in" / folder / "f").write_text(text)
        (tmp_path / "in" / folder / ".hidden").write_text("no\n")
    columns = "s STRING, d INT, h STRING, p STRING METADATA FROM 'file.name', n BIGINT METADATA FROM 'file.size'"
    found = jobs.run(table(tmp_path / "in", columns, "raw", by="d, h"), "SELECT s, d, h, p, n FROM t")
    assert found == ["+I[x, 1, a:b, f, 2]", "+I[y, 2, None, f, 2]"]


def test_what_is_written_is_as_flink_writes_it(jobs: Jobs, tmp_path: Path) -> None:
    columns = "i INT, s STRING, d DOUBLE, m DECIMAL(6, 2), t TIMESTAMP(3), b BOOLEAN, x BYTES, l ARRAY<INT>"
    row = ("SELECT 1, 'a b', 1.5E0, CAST(2.5 AS DECIMAL(6, 2)), TIMESTAMP '2024-02-29 08:00:00.500', TRUE, "
           "ENCODE('ab', 'UTF-8'), ARRAY[1, 2]")  # fmt: skip
    nothing = ("SELECT CAST(NULL AS INT), 'c', CAST(NULL AS DOUBLE), CAST(NULL AS DECIMAL(6, 2)), "
               "CAST(NULL AS TIMESTAMP(3)), FALSE, CAST(NULL AS BYTES), CAST(NULL AS ARRAY<INT>)")  # fmt: skip
    for form in ("json", "csv"):
        made = table(tmp_path / form, columns, form, form)
        jobs.run(made, f"INSERT INTO {form} {row} UNION ALL {nothing}")
    [(name, data)] = files(tmp_path / "json").items()
    assert name.startswith("part-")
    assert [json.loads(line) for line in data.splitlines()] == [
        {"i": 1, "s": "a b", "d": 1.5, "m": 2.5, "t": "2024-02-29 08:00:00.5", "b": True, "x": "YWI=", "l": [1, 2]},
        {"i": None, "s": "c", "d": None, "m": None, "t": None, "b": False, "x": None, "l": None},
    ]
    assert b'"m":2.50' in data
    [data] = files(tmp_path / "csv").values()
    assert data == b'1,"a b",1.5,2.50,"2024-02-29 08:00:00.5",true,YWI=,1;2\n,c,,,,false,,\n'
    assert jobs.run("SELECT i, s, t FROM json WHERE i IS NOT NULL") == ["+I[1, a b, 1709193600500000]"]


def test_parquet_goes_out_and_in(jobs: Jobs, tmp_path: Path) -> None:
    columns = ("i INT, s STRING, m DECIMAL(6, 2), t TIMESTAMP(3), z TIMESTAMP_LTZ(3), x BYTES, l ARRAY<INT>, "
               "o ROW<p INT, q STRING>, `day` DATE")  # fmt: skip
    jobs.run(
        table(tmp_path / "out", columns, "parquet"),
        "INSERT INTO t SELECT 1, 'ü', CAST(2.5 AS DECIMAL(6, 2)), TIMESTAMP '2024-02-29 08:00:00', "
        "TO_TIMESTAMP_LTZ(1000, 3), ENCODE('ab', 'UTF-8'), ARRAY[1, 2], ROW(1, 'q'), DATE '2024-02-29' UNION ALL "
        "SELECT CAST(NULL AS INT), 'b', CAST(NULL AS DECIMAL(6, 2)), CAST(NULL AS TIMESTAMP(3)), "
        "CAST(NULL AS TIMESTAMP_LTZ(3)), CAST(NULL AS BYTES), CAST(NULL AS ARRAY<INT>), "
        "CAST(NULL AS ROW<p INT, q STRING>), CAST(NULL AS DATE)",
    )
    [name] = files(tmp_path / "out")
    kinds = duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet('{tmp_path}/out/{name}')").fetchall()
    assert [kind for _, kind, *_ in kinds] == ["INTEGER", "VARCHAR", "DECIMAL(6,2)", "TIMESTAMP",
        "TIMESTAMP WITH TIME ZONE", "BLOB", "INTEGER[]", 'STRUCT(p INTEGER, q VARCHAR)', "DATE"]  # fmt: skip
    assert jobs.run("SELECT * FROM t") == [
        '+I[1, ü, 2.50, 1709193600000000, 1000000, YWI=, [1,2], {"p":1,"q":"q"}, 19782]',
        "+I[None, b, None, None, None, None, None, None, None]",
    ]
    wrong = table(tmp_path / "out", "s INT", "parquet", "u")
    with pytest.raises(PoisonRecord, match="which does not fit the type INT"):
        jobs.run(wrong, "SELECT * FROM u")


def test_overwrite_takes_the_place_of_the_partitions_it_writes(jobs: Jobs, tmp_path: Path) -> None:
    made = table(tmp_path / "out", "s STRING, d INT", "csv", by="d",
                 **{"sink.partition-commit.policy.kind": "success-file"})  # fmt: skip
    jobs.run(made, "INSERT INTO t VALUES ('a', 1), ('b', 2)", "INSERT OVERWRITE t VALUES ('c', 1)")
    found = {name.partition("/part-")[0]: data for name, data in files(tmp_path / "out").items()}
    assert found == {"d=1": b"c\n", "d=2": b"b\n", "d=1/_SUCCESS": b"", "d=2/_SUCCESS": b""}
    jobs.stream()
    with pytest.raises(KernelError, match="Streaming mode not support overwrite"):
        jobs.run("INSERT OVERWRITE t VALUES ('c', 1)")
    jobs.run("CREATE TABLE p (s STRING) WITH ('connector' = 'print')")
    with pytest.raises(KernelError, match="SupportsOverwrite"):
        jobs.run("INSERT OVERWRITE p VALUES ('c')")


def test_new_files_are_found_and_none_is_read_twice(jobs: Jobs, tmp_path: Path) -> None:
    jobs.stream()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b").write_text("1\n2\n3\n")
    jobs.run(table(tmp_path / "in", "s STRING", "raw", **{"source.monitor-interval": "1 ms"}))
    query = "SELECT s FROM t"
    runner = jobs.begin(query)
    assert runner is not None
    runner.step()
    runner.settle()
    runner.close()
    (tmp_path / "in" / "a").write_text("4\n")
    runner = jobs.begin(query, again=True)
    assert runner is not None
    jobs.out.clear()  # the rows of the last epoch once more
    for _ in range(3):
        time.sleep(0.002)
        runner.step()
    runner.settle()
    assert [row for _, row in jobs.out] == [("4",)]
    assert not runner.is_finished
    runner.close()


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_sink_that_is_cut_off_has_each_row_once(jobs: Jobs, tmp_path: Path, form: str) -> None:
    jobs.stream()
    rows = 3000
    jobs.run(
        f"CREATE TABLE g (i INT) WITH ('connector' = 'datagen', 'fields.i.kind' = 'sequence', 'fields.i.start' = '1', "
        f"'fields.i.end' = '{rows}', 'rows-per-second' = '100000')",
        table(tmp_path / "out", "i INT", form, **{"sink.rolling-policy.file-size": "2kb"}),
    )
    insert = "INSERT INTO t SELECT i FROM g"
    runner = jobs.begin(insert)
    assert runner is not None
    ends = 0
    while not runner.is_finished:
        if ends < 20 and ends % 2:
            runner._deliver = lambda *_: None  # type: ignore[method-assign]  # a kill before the epoch is delivered
        runner.step()
        if ends < 20:
            ends += 1
            runner.settle()  # and one behind it
            runner.close()
            runner = jobs.begin(insert, again=True)
            assert runner is not None
    runner.run(lambda: False)
    runner.close()
    reader = f"read_{form}('{tmp_path}/out/part-*'{', header = false' if form == 'csv' else ''})"
    name = "column0" if form == "csv" else "i"
    found = duckdb.sql(f"SELECT count(*), count(DISTINCT {name}), sum({name}) FROM {reader}").fetchall()
    assert found == [(rows, rows, rows * (rows + 1) // 2)]
    assert not [one for one in files(tmp_path / "out") if one.startswith(".")]


def test_two_inserts_into_one_table_are_both_there(jobs: Jobs, tmp_path: Path) -> None:
    jobs.run(
        table(tmp_path / "out", "i INT", "csv"),
        "EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT 1; INSERT INTO t SELECT 2; END",
    )
    assert sorted(files(tmp_path / "out").values()) == [b"1\n", b"2\n"]


def test_partitions_are_committed_behind_the_watermark(jobs: Jobs, tmp_path: Path) -> None:
    jobs.stream()
    options = {"sink.partition-commit.policy.kind": "success-file", "sink.partition-commit.trigger": "partition-time",
               "sink.partition-commit.delay": "1 h", "source.monitor-interval": "1 ms",
               "partition.time-extractor.timestamp-pattern": "$d $h:00:00"}  # fmt: skip
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_text("2024-01-01 00:10:00\n2024-01-01 01:20:00\n")
    jobs.run(
        table(
            tmp_path / "in", "t TIMESTAMP(3), WATERMARK FOR t AS t", "csv", "i", **{"source.monitor-interval": "1 ms"}
        ),
        table(tmp_path / "out", "t TIMESTAMP(3), d STRING, h STRING", "csv", "o", by="d, h", **options),
    )
    runner = jobs.begin("INSERT INTO o SELECT t, DATE_FORMAT(t, 'yyyy-MM-dd'), DATE_FORMAT(t, 'HH') FROM i")
    assert runner is not None
    runner._ticked_at = 0.0
    ended = time.monotonic() + 10
    runner.run(lambda: bool(list((tmp_path / "out").rglob("_SUCCESS"))) or time.monotonic() > ended)
    runner.close()
    found = files(tmp_path / "out")
    assert [name.rpartition("/")[0] for name in found] == ["d=2024-01-01/h=00", "d=2024-01-01/h=00"]
    assert "d=2024-01-01/h=00/_SUCCESS" in found


def test_names_of_partitions() -> None:
    assert folder_name(["a", "b"], ["1/2", None], "none") == "a=1%2F2/b=none"
    assert values_of("a=1%2F2/b=none/file", "none") == {"a": "1/2", "b": None}
    assert PartitionTimes({}).of("dt=2024-01-01") == 1704067200000
    with pytest.raises(KernelError, match="says no time"):
        PartitionTimes({}).of("dt=x")


@pytest.mark.parametrize(("options", "why"), [
    ({"format": "orc"}, "Available formats are: csv, json, parquet, raw"),
    ({"path": "hdfs://x/y"}, "is no place for files here"),
    ({"path": "oss://bucket/x"}, "rows of text"),
    ({"sink.partition-commit.policy.kind": "metastore"}, "'success-file' is"),
    ({"parquet.comp": "x"}, "Unsupported options"),
])  # fmt: skip
def test_what_cannot_be_is_named(jobs: Jobs, tmp_path: Path, options: dict[str, str], why: str) -> None:
    given: dict[str, Any] = {"connector": "filesystem", "path": f"file://{tmp_path}/o", "format": "csv", **options}
    written = ", ".join(f"'{key}' = '{value}'" for key, value in given.items())
    jobs.run(f"CREATE TABLE t (i INT) WITH ({written})")
    with pytest.raises(KernelError, match=why):
        jobs.run("INSERT INTO t VALUES (1)")
