"""What a table of Kafka's is told, and what its keys and values are made of."""

import importlib.util
import sys
from typing import Any

import pytest

from yunbox.engine.stream.connectors.kafka.client import library
from yunbox.engine.stream.connectors.kafka.options import (
    check_kafka,
    key_format,
    specific_offsets,
    value_format,
)
from yunbox.engine.stream.connectors.kafka.properties import check_properties, client_settings
from yunbox.engine.stream.connectors.kafka.values import NOTHING, Reads, escaped, maker, unescaped
from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.plans import Table, TableColumn
from yunbox.sql.flink.secrets import MASK, is_secret, masked, masked_text
from yunbox.sql.flink.types import BYTES, STRING, FlinkType

INT = FlinkType("INT")
SASL = {
    "properties.security.protocol": "SASL_PLAINTEXT",
    "properties.sasl.mechanism": "PLAIN",
    "properties.sasl.jaas.config": 'org.apache.kafka.common.security.plain.PlainLoginModule required username="u\\"1" '
    "password='p;=\"2';",
}
BASE = {"connector": "kafka", "topic": "t", "properties.bootstrap.servers": "a:1, b:2", "format": "json"}


def table(*columns: TableColumn, key: tuple[str, ...] = ()) -> Table:
    given = columns or (TableColumn("k_n", INT), TableColumn("s", STRING))
    return Table("c", "d", "t", given, {}, primary_key=key)


def metadata(key: str, *, virtual: bool = False) -> Table:
    return table(TableColumn("n", INT), TableColumn("m", STRING, "metadata", key, virtual))


def test_what_the_client_is_told() -> None:
    options = {**BASE, **SASL, "properties.group.id": "g", "properties.linger.ms": "7", "properties.acks": "1"}
    login = {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": 'u"1',
        "sasl_plain_password": 'p;="2',
    }
    servers = {"bootstrap_servers": ["a:1", "b:2"]}
    assert client_settings(options, reads=True) == {**servers, **login, "group_id": "g"}
    sends = {"linger_ms": 7, "acks": 1, "enable_idempotence": False}
    assert client_settings(options, reads=False) == {**servers, **login, **sends}


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("no.such", "1", "'properties.no.such' is not offered. Properties of Kafka that are: acks, "),
        ("linger.ms", "soon", "'properties.linger.ms' = 'soon' is no value that it takes"),
        ("check.crcs", "yes", "'properties.check.crcs' = 'yes' is no value"),
        ("security.protocol", "TLS", "is none of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"),
        ("ssl.truststore.location", "/a.jks", "takes certificates as PEM"),
        ("ssl.truststore.type", "JKS", "is 'PEM' here"),
        ("sasl.mechanism", "GSSAPI", "'GSSAPI' does not go with PlainLoginModule: PLAIN does"),
        ("sasl.jaas.config", "secret", "is not of the form MODULE required"),
        ("sasl.jaas.config", 'x.Krb5LoginModule required password="secret";', "one of the modules PlainLoginModule"),
        ("sasl.jaas.config", 'x.PlainLoginModule required password="secret";', "does not say username"),
    ],
)
def test_properties_that_are_refused(name: str, value: str, error: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        check_properties({**BASE, **SASL, f"properties.{name}": value})
    assert error in caught.value.message
    assert "secret" not in caught.value.message


def test_passwords_are_masked() -> None:
    name = "properties.sasl.jaas.config"
    assert masked(name, SASL[name]) == MASK
    assert not is_secret("metadata_key")
    assert "p;=" not in masked_text(f"WITH ('{name}' = 'x required password=\"p;=\";')")


@pytest.mark.parametrize(
    ("of", "more", "writes", "error"),
    [
        (table(), {"topic": "", "topic-pattern": ""}, True, "'topic-pattern' is for sources only"),
        (table(), {"topic-pattern": "x"}, False, "Option 'topic' and 'topic-pattern' shouldn't be set together."),
        (table(), {"topic": " "}, False, "Either 'topic' or 'topic-pattern' must be set."),
        (table(), {"value.format": "json"}, False, "The options 'format' and 'value.format' are the same one"),
        (table(), {"csv.null-literal": "x"}, False, "Unsupported options: csv.null-literal. They are of no format"),
        (table(), {"value.json.ignore-parse-errors": "true"}, False, "value.json.ignore-parse-errors"),
        (table(), {"format": "avro"}, False, "Could not find any format factory for identifier 'avro'"),
        (table(), {"format": "raw"}, False, "only supports a single physical column"),
        (table(), {"key.fields": "s"}, False, "can only be declared if a key format is defined using 'key.format'"),
        (table(), {"key.format": "raw"}, False, "requires the declaration of one or more of key fields"),
        (table(), {"key.format": "raw", "key.fields": "x"}, False, "Could not find the field 'x' in the table schema"),
        (
            table(),
            {"key.format": "raw", "key.fields": "s", "key.fields-prefix": "k_", "value.fields-include": "EXCEPT_KEY"},
            False,
            "All fields in 'key.fields' must be prefixed with 'k_'",
        ),
        (table(), {"key.fields-prefix": "k_"}, False, "A key prefix is not allowed when option"),
        (table(), {"value.fields-include": "SOME"}, False, "Invalid value 'SOME'"),
        (table(key=("s",)), {}, False, "doesn't support defining PRIMARY KEY constraint"),
        (table(), {"connector": "upsert-kafka"}, False, "require to define a PRIMARY KEY constraint"),
        (metadata("color"), {}, False, "Invalid metadata key 'color' in column 'm'"),
        (metadata("offset"), {}, True, "for writing: topic, headers, timestamp"),
        (table(), {"sink.delivery-guarantee": "exactly-once"}, True, "needs Kafka's transactions"),
        (table(), {"sink.delivery-guarantee": "x"}, True, "[at-least-once, none]"),
        (table(), {"sink.partitioner": "org.Mine"}, True, "classes of Java's are not"),
        (
            table(),
            {"sink.partitioner": "round-robin", "key.format": "csv", "key.fields": "s"},
            True,
            "only works when option 'key.fields' is not specified",
        ),
        (table(), {"scan.startup.mode": "now"}, False, "Invalid value 'now' for option 'scan.startup.mode'"),
        (
            table(),
            {"scan.startup.mode": "timestamp"},
            False,
            "'scan.startup.timestamp-millis' is required in 'timestamp' startup mode but missing.",
        ),
        (table(), {"scan.bounded.mode": "group-offsets"}, False, "'properties.group.id' is required"),
        (
            table(),
            {"topic": "a;b", "scan.startup.mode": "specific-offsets", "scan.startup.specific-offsets": "x"},
            False,
            "for single topic",
        ),
        (table(), {"scan.topic-partition-discovery.interval": "x"}, False, "interval': 'x' does not begin"),
    ],
)
def test_options_that_are_refused(of: Table, more: dict[str, str], writes: bool, error: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        check_kafka(of, {**BASE, **more}, writes=writes)
    assert error in caught.value.message


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kafka", None)
    with pytest.raises(Unsupported, match=r"pip install 'yunbox\[kafka\]'"):
        library()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValidationFailed, match=r"pip install 'yunbox\[kafka\]'"):
        check_kafka(table(), BASE, writes=False)


def test_options_that_are_taken() -> None:
    check_kafka(table(), BASE, writes=False)
    check_kafka(metadata("offset", virtual=True), {**BASE, **SASL}, writes=True)
    offsets = {"scan.startup.specific-offsets": "partition:0,offset:42; partition:1,offset:300;"}
    assert specific_offsets(offsets, "startup") == {0: 42, 1: 300}
    with pytest.raises(ValidationFailed, match="should follow the format"):
        specific_offsets({"scan.startup.specific-offsets": "0:42"}, "startup")


def test_keys_and_values_have_their_own_columns() -> None:
    options = {
        "value.format": "json", "value.json.ignore-parse-errors": "true", "key.format": "csv", "key.fields": "k_n",
        "key.csv.field-delimiter": ";", "key.fields-prefix": "k_", "value.fields-include": "EXCEPT_KEY",
    }  # fmt: skip
    key, value = key_format(table(), options), value_format(table(), options)
    assert key is not None
    assert (key.fields, key.options) == ([("n", INT)], {"csv.field-delimiter": ";"})
    assert (value.fields, value.options) == ([("s", STRING)], {"json.ignore-parse-errors": "true"})


@pytest.mark.parametrize(
    ("form", "data", "found"),
    [
        ("json", b' {"n": 1}\n', '{"n": 1}'),
        ("json", b"null", NOTHING),
        ("json", b"", NOTHING),
        ("json", None, NOTHING),
        ("json", b"[1]", "no JSON object: [1]"),
        ("json", b"oops", "oops"),
        ("csv", b'1,"a\nb"', ["1", "a\nb"]),
        ("csv", None, NOTHING),
        ("raw", b"a\r\n", "a\r\n"),
        ("raw", None, None),
    ],
)
def test_what_a_record_says(form: str, data: bytes | None, found: Any) -> None:
    columns = [TableColumn("s", STRING)] if form == "raw" else [TableColumn("n", INT), TableColumn("s", STRING)]
    made = Reads(value_format(table(*columns), {"format": form}), {"s"}, 3)
    said = made.record(data)
    assert said is found or said == found
    assert "c3" in made.columns["s"]


def test_a_record_of_another_length() -> None:
    form = value_format(table(), {"format": "csv"})
    with pytest.raises(InvalidArgument, match="Row length mismatch"):
        Reads(form, {"s"}, 0).record(b"1,2,3")
    lenient = value_format(table(), {"format": "csv", "csv.ignore-parse-errors": "true"})
    assert Reads(lenient, {"s"}, 0).record(b"1,2,3") is NOTHING


def test_what_is_made_of_a_row() -> None:
    names = ["k_n", "s"]
    assert maker(value_format(table(), {"format": "json"}), names)((1, None)) == b'{"k_n":1,"s":null}'
    assert maker(value_format(table(), {"format": "csv"}), names)((1, "a")) == b"1,a"
    text, data = table(TableColumn("s", STRING)), table(TableColumn("s", BYTES))
    assert maker(value_format(text, {"format": "raw"}), ["s"])(("a\n",)) == b"a\n"
    assert maker(value_format(data, {"format": "raw"}), ["s"])(("AP8=",)) == b"\x00\xff"
    assert maker(value_format(data, {"format": "raw"}), ["s"])((None,)) is None


def test_bytes_within_json() -> None:
    every = bytes(range(256))
    assert unescaped(escaped(every)) == every
    assert unescaped("a\\x00b") == b"a\x00b"
