"""Scripts for a real Flink: what tables of ours become, and what is refused before anything is submitted."""

from collections.abc import Mapping

import pytest

from yunbox.adapters.flink.script import NotMapped, Script, as_it_is, translated
from yunbox.clients.datahub import TopicInfo
from yunbox.clients.hologres.target import Column, Target
from yunbox.sql.flink.parser.tokens import tokens
from yunbox.sql.flink.statements.parse import parse
from yunbox.wire.datahub.schema import Field, FieldType, RecordSchema
from yunbox.wire.pgwire.values.types import BY_NAME

TOPICS = {
    "orders": "user_id:BIGINT amount:DOUBLE price:DECIMAL ts:TIMESTAMP paid:BOOLEAN note:STRING doc:JSON",
    "lines": "line:STRING",
    "pairs": "k:STRING v:STRING",
    "raw": "",
}
TABLES = {
    "totals": ("user_id orders amount:float8", ("user_id",)),
    "plain": ("user_id amount:float8", ()),
    "words": ("order user_id", ("user_id",)),
    "kinds": ("user_id at:timestamptz doc:jsonb few:int4 lots:_int8", ("user_id",)),
}


class Known:
    """Topics and tables as they would be described."""

    def topic(self, options: Mapping[str, str]) -> TopicInfo:
        fields = [one.split(":") for one in TOPICS[options["topic"]].split()]
        schema = RecordSchema(tuple(Field(name, FieldType(kind)) for name, kind in fields)) if fields else None
        return TopicInfo(options["project"], options["topic"], schema, 1)

    def kafka(self) -> str:
        return "127.0.0.1:9092"

    def hologres(self, options: Mapping[str, str]) -> Target:
        names, key = TABLES[options["tablename"]]
        pairs = [one.partition(":") for one in names.split()]
        columns = tuple(
            Column(name, BY_NAME[kind or "int8"].oid, kind or "int8", True, False, False) for name, _, kind in pairs
        )
        return Target("public", options["tablename"], columns, key)


def datahub(columns: str, topic: str = "orders", name: str = "o", **more: str) -> str:
    options = {"connector": "datahub", "endPoint": "http://here", "project": "p", "topic": topic, "accessId": "me",
               "accessKey": "topsecret", **more}  # fmt: skip
    return f"CREATE TABLE {name} ({columns}) WITH ({written(options)});\n"


def hologres(columns: str, table: str = "totals", name: str = "t", **more: str) -> str:
    options = {"connector": "hologres", "endpoint": "127.0.0.1:80", "dbname": "db", "tablename": table,
               "username": "me", "password": "hidden", "mutateType": "insertOrUpdate", **more}  # fmt: skip
    return f"CREATE TABLE {name} ({columns}) WITH ({written(options)});\n"


def written(options: Mapping[str, str]) -> str:
    return ", ".join(f"'{key}' = '{value}'" for key, value in options.items())


def becomes(text: str) -> Script:
    return translated(text, Known())


def options(statement: str) -> dict[str, str]:
    return dict(parse(statement).options)  # type: ignore[attr-defined]


SINK = hologres("user_id BIGINT, orders BIGINT, amount DOUBLE")
SOURCE = datahub("user_id BIGINT, amount DOUBLE", startTime="2020-01-01 00:00:00")
JOB = "INSERT INTO t SELECT user_id, COUNT(*), SUM(amount) FROM o GROUP BY user_id"


def test_the_job_of_the_guide() -> None:
    found = becomes(SOURCE + SINK + "SET 'table.exec.state.ttl' = '7 d'; " + JOB)
    assert found.statements[2:] == ("SET 'table.exec.state.ttl' = '7 d'", JOB)
    assert options(found.statements[0]) == {
        "connector": "kafka",
        "topic": "p.orders.json",
        "properties.bootstrap.servers": "127.0.0.1:9092",
        "properties.security.protocol": "SASL_PLAINTEXT",
        "properties.sasl.mechanism": "PLAIN",
        "properties.sasl.jaas.config": "org.apache.flink.kafka.shaded.org.apache.kafka.common.security.plain."
        'PlainLoginModule required username="me" password="topsecret";',
        "scan.startup.mode": "timestamp",
        "scan.startup.timestamp-millis": "1577836800000",
        "scan.topic-partition-discovery.interval": "10 s",
        "format": "json",
        "json.timestamp-format.standard": "SQL",
    }
    assert options(found.statements[1]) == {
        "connector": "jdbc",
        "url": "jdbc:postgresql://127.0.0.1:80/db?stringtype=unspecified&reWriteBatchedInserts=true",
        "table-name": "totals",
        "username": "me",
        "password": "hidden",
    }
    assert "orders BIGINT, amount DOUBLE, PRIMARY KEY (`user_id`) NOT ENFORCED) WITH (" in found.statements[1]
    assert found.shown("topsecret is hidden") == "****** is ******"


def test_all_else_stays_as_it_is_written() -> None:
    """Comments, computed columns, watermarks, and types with parentheses and WITH in them."""
    text = """CREATE TABLE `o` ( -- WITH (
        `user_id` BIGINT COMMENT 'WITH (', t TIMESTAMP(3) WITH LOCAL TIME ZONE METADATA FROM 'system-time' VIRTUAL,
        `sequence` BIGINT NOT NULL METADATA, shard STRING METADATA FROM 'shard-id', p AS PROCTIME(),
        ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND
    ) COMMENT 'of (orders)' WITH ('connector' = 'datahub', 'endPoint' = 'x', 'project' = 'p', 'topic' = 'orders',
        'accessId' = 'it''s', 'accessKey' = 'a"b')"""
    [found] = becomes(text).statements
    head = text[: text.index("WITH ('connector'")]
    head = head.replace("'system-time'", "'timestamp'").replace("'shard-id'", "'partition'")
    assert found.startswith(head.replace("NULL METADATA", "NULL METADATA FROM 'offset'") + "WITH (\n")
    assert 'username="it\'s" password="a\\"b";' in options(found)["properties.sasl.jaas.config"]
    assert tokens(found)


def test_a_batch_ends_with_what_is_there() -> None:
    found = becomes(datahub("user_id BIGINT") + "SET 'execution.runtime-mode' = 'batch'; SELECT * FROM o")
    made = options(found.statements[0])
    assert (made["scan.startup.mode"], made["scan.bounded.mode"]) == ("earliest-offset", "latest-offset")
    stream = options(becomes(datahub("user_id BIGINT") + "SELECT * FROM o").statements[0])
    assert stream["scan.startup.mode"] == "latest-offset" and "scan.bounded.mode" not in stream


def test_start_times_are_of_the_sessions_zone() -> None:
    text = "SET 'table.local-time-zone' = 'Asia/Shanghai';" + SOURCE + "SELECT * FROM o"
    assert options(becomes(text).statements[1])["scan.startup.timestamp-millis"] == "1577808000000"


@pytest.mark.parametrize(
    ("columns", "topic", "form"),
    [
        ("b BYTES", "raw", {"format": "raw"}),
        ("line STRING", "lines", {"format": "raw"}),
        ("k STRING, v STRING", "pairs", {"key.format": "raw", "key.fields": "k", "value.format": "raw",
                                         "value.fields-include": "EXCEPT_KEY"}),
    ],
)  # fmt: skip
def test_topics_that_are_written(columns: str, topic: str, form: dict[str, str]) -> None:
    made = options(becomes(datahub(columns, topic) + "INSERT INTO o SELECT * FROM x").statements[0])
    assert made["topic"] == f"p.{topic}"
    assert {key: value for key, value in made.items() if "format" in key or "fields" in key} == form


def test_what_only_says_how_fast_goes_or_becomes_theirs() -> None:
    more = {"jdbcWriteBatchSize": "256", "jdbcWriteFlushInterval": "500", "cache": "LRU", "cacheTTLMs": "1000",
            "connectionSize": "5"}  # fmt: skip
    found = options(becomes(hologres("user_id BIGINT", **more)).statements[0])
    assert {key: value for key, value in found.items() if key.startswith(("sink.", "lookup."))} == {
        "sink.buffer-flush.max-rows": "256",
        "sink.buffer-flush.interval": "500ms",
        "lookup.cache": "PARTIAL",
        "lookup.partial-cache.max-rows": "10000",
        "lookup.partial-cache.expire-after-write": "1000ms",
    }


def test_a_table_without_a_key_takes_inserts_and_is_warned_of() -> None:
    found = becomes(hologres("user_id BIGINT, amount DOUBLE", "plain") + "INSERT INTO t SELECT 1, 2.5")
    assert "PRIMARY KEY" not in found.statements[0]
    assert found.warnings == (
        "table default_catalog.default_database.t has no primary key: after a failure Flink writes some rows of it "
        "twice",
    )


def test_moments_are_right_in_utc_only() -> None:
    text = hologres("user_id BIGINT, `at` TIMESTAMP(3), doc STRING, few SMALLINT", "kinds") + "INSERT INTO t SELECT 1"
    [warning] = becomes(text.replace("SELECT 1", "SELECT 1, NOW(), 'x', 2")).warnings
    assert warning.endswith("in Hologres at has a time zone, and Flink takes times for those of its machine's zone: "
                            "run it in UTC")  # fmt: skip
    assert translated(text, Known(), utc=True).warnings == ()


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE p (a INT) WITH ('connector' = 'print')",
        "CREATE TABLE f (a INT) WITH ('connector' = 'filesystem', 'path' = '/tmp/x', 'format' = 'csv')",
        "CREATE TEMPORARY FUNCTION f AS 'org.example.F' LANGUAGE JAVA",
        "SELECT * FROM o MATCH_RECOGNIZE (PATTERN (A B+ C*?) DEFINE A AS A.x > 1) AS m",
        "CREATE TABLE m PARTITIONED INTO WHAT FLINK KNOWS",
        "SELECT * FROM f /*+ OPTIONS('x' = 'y') */ WHERE a = 'accessKey'",
    ],
)
def test_what_flink_has_goes_unread(text: str) -> None:
    assert becomes(SOURCE + text).statements[1] == text
    assert as_it_is(SOURCE + text).statements == (SOURCE.strip().rstrip(";"), text)


ALL = "user_id BIGINT, orders BIGINT, amount DOUBLE"
REFUSED = [
    (hologres(ALL, mutateType="insertOrIgnore") + "INSERT INTO t SELECT 1, 2, 3", "keeps the row that is there"),
    (hologres(ALL) + "INSERT INTO t (user_id, orders) SELECT 1, 2", "write NULL into the others"),
    (hologres(ALL, mutateType="insertOrReplace") + "INSERT INTO t (user_id) SELECT 1", "'insertOrReplace' of some"),
    (hologres("user_id BIGINT", mutateType="insertOrReplace") + "INSERT INTO t SELECT 1", "'insertOrReplace' of some"),
    (hologres("orders BIGINT") + "INSERT INTO t SELECT 1", "lacks the primary key's column 'user_id'"),
    (hologres(ALL + ", PRIMARY KEY (orders) NOT ENFORCED") + "INSERT INTO t SELECT 1, 2, 3", "not that of Hologres"),
    (hologres("user_id BIGINT, nothing INT"), "has no column 'nothing'"),
    (hologres("user_id BIGINT, `order` BIGINT", "words"), "'order' needs quotes"),
    (hologres("user_id TIMESTAMP_LTZ(3)"), "no columns of type TIMESTAMP_LTZ(3)"),
    (hologres("user_id TIMESTAMP(9)"), "has TIMESTAMP(1) to TIMESTAMP(6)"),
    (hologres("user_id ARRAY<INT>") + "INSERT INTO t SELECT ARRAY[1]", "no columns of type ARRAY<INT>"),
    (hologres("user_id DOUBLE") + "INSERT INTO t SELECT 1", "'user_id' is int8 in Hologres, and DOUBLE is written to"),
    (hologres("few BIGINT", "kinds"), "'few' is int4 in Hologres, and BIGINT is read from int8"),
    (hologres("doc STRING", "kinds"), "'doc' is jsonb in Hologres, and STRING is read from text or varchar or bpchar"),
    (hologres("lots ARRAY<INT>", "kinds"), "'lots' is _int8 in Hologres, and ARRAY<INT> is read from _int4"),
    (hologres(ALL, binlog="true"), "'binlog' = 'true'"),
    (hologres(ALL, ignoreDelete="true"), "'ignoreDelete' = 'true'"),
    (hologres(ALL, ignoreNullWhenUpdate="true"), "option 'ignoreNullWhenUpdate' of 'hologres' has no counterpart"),
    (hologres(ALL, cache="ALL"), "'cache' = 'ALL'"),
    (hologres(ALL, surprise="x"), "Unsupported options: surprise"),
    (datahub("user_id BIGINT", endTime="2020-01-01 00:00:00"), "option 'endTime' of 'datahub' has no counterpart"),
    (datahub("user_id BIGINT", startTime="soon"), "'startTime' = 'soon'"),
    (datahub("USER_ID BIGINT"), "no field 'USER_ID', spelled so"),
    (datahub("user_id STRING, amount INT"), "'amount' of type DOUBLE is read as DOUBLE there, not as INT"),
    (datahub("ts BIGINT"), "'ts' of type TIMESTAMP is read as TIMESTAMP"),
    (datahub("x BIGINT METADATA FROM 'offset'"), "no metadata 'offset', only sequence, shard-id, system-time"),
    (datahub("x BIGINT METADATA FROM 'system-time'"), "is of type TIMESTAMP or TIMESTAMP_LTZ there, not BIGINT"),
    (datahub("x STRING", "raw"), "exactly one physical column, of type VARBINARY"),
    (SOURCE + "INSERT INTO o SELECT 1, 2", "only topics of type BLOB"),
    (datahub("v STRING, k STRING", "pairs") + "INSERT INTO o SELECT 'a', 'b'", "in their order: k, v"),
    ("CREATE TABLE m (a INT) WITH ('connector' = 'odps')", "no connector for MaxCompute's tables"),
    (SOURCE + "CREATE TABLE q LIKE o", "LIKE o, whose connector Flink has not"),
    (SOURCE + "ALTER TABLE o SET ('startTime' = '2021-01-01 00:00:00')", "ALTER of o"),
    (SOURCE + "SELECT * FROM o /*+ OPTIONS('startTime' = 'x') */", "OPTIONS of o"),
    (SOURCE + "SELECT * FROM default_database.o /*+ OPTIONS('startTime' = 'x') */", "OPTIONS of default_database.o"),
    ("CREATE TABLE t WITH ('connector' = 'hologres') AS SELECT 1 AS a", "must be declared with its columns"),
    ("CREATE TABLE t (a INT) PARTITIONED WHAT WITH ('connector' = 'hologres')", "SQL parse failed"),
    (SOURCE + "SELECT 1; SET 'execution.runtime-mode' = 'batch'; SELECT * FROM o", "must be the same for all jobs"),
    ("SET 'yunbox.state.limit' = '1 gb'; SELECT 1", "'yunbox.state.limit' is of the embedded engine"),
    ("SET 'yunbox.dead-letter.table' = 'd'; SELECT 1", "'yunbox.dead-letter.table' is of the embedded engine"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), REFUSED, ids=[reason for _, reason in REFUSED])
def test_what_is_refused_by_name(text: str, reason: str) -> None:
    with pytest.raises(NotMapped) as caught:
        becomes(text)
    assert caught.value.message.startswith("statement ") and reason in caught.value.message
    assert "topsecret" not in caught.value.message and "hidden" not in caught.value.message
