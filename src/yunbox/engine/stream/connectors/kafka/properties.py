"""Properties of Kafka's clients in Java, as a table has them behind ``properties.``, for the client that is used here.

Nothing heavy is imported, as the gateway looks at tables before a job begins. One that the client does not know is
refused by name; those that Flink sets by itself have no effect, as there. Sources: the pages "Consumer Configs" and
"Producer Configs" of Apache Kafka; the page "Apache Kafka SQL Connector" of Flink.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from yunbox.sql.flink.errors import ValidationFailed

HEAD = "properties."
_FLAGS = "required|requisite|sufficient|optional"
_JAAS = re.compile(rf"^\s*(?P<module>[\w.$]+)\s+(?:{_FLAGS})\b(?P<rest>.*);\s*$", re.DOTALL)
_JAAS_PAIR = re.compile(r"""(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s;]+))""")
_MODULES = {"PlainLoginModule": ("PLAIN",), "ScramLoginModule": ("SCRAM-SHA-256", "SCRAM-SHA-512")}
_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("true or false is expected")
    return text.lower() == "true"


def _acks(text: str) -> int:
    return -1 if text == "all" else int(text)


def _compression(text: str) -> str | None:
    return None if text == "none" else text


@dataclass(frozen=True)
class _Property:
    name: str
    value: Callable[[str], Any] = str
    reads: bool = True
    writes: bool = True


_KNOWN: dict[str, _Property] = {
    "bootstrap.servers": _Property("bootstrap_servers", lambda text: [one.strip() for one in text.split(",")]),
    "client.id": _Property("client_id"),
    "security.protocol": _Property("security_protocol", str.upper),
    "sasl.mechanism": _Property("sasl_mechanism"),
    "request.timeout.ms": _Property("request_timeout_ms", int),
    "retry.backoff.ms": _Property("retry_backoff_ms", int),
    "reconnect.backoff.ms": _Property("reconnect_backoff_ms", int),
    "reconnect.backoff.max.ms": _Property("reconnect_backoff_max_ms", int),
    "metadata.max.age.ms": _Property("metadata_max_age_ms", int),
    "connections.max.idle.ms": _Property("connections_max_idle_ms", int),
    "receive.buffer.bytes": _Property("receive_buffer_bytes", int),
    "send.buffer.bytes": _Property("send_buffer_bytes", int),
    "group.id": _Property("group_id", writes=False),
    "client.rack": _Property("client_rack", writes=False),
    "fetch.min.bytes": _Property("fetch_min_bytes", int, writes=False),
    "fetch.max.bytes": _Property("fetch_max_bytes", int, writes=False),
    "fetch.max.wait.ms": _Property("fetch_max_wait_ms", int, writes=False),
    "max.partition.fetch.bytes": _Property("max_partition_fetch_bytes", int, writes=False),
    "check.crcs": _Property("check_crcs", _truth, writes=False),
    "isolation.level": _Property("isolation_level", writes=False),
    "acks": _Property("acks", _acks, reads=False),
    "linger.ms": _Property("linger_ms", int, reads=False),
    "batch.size": _Property("batch_size", int, reads=False),
    "compression.type": _Property("compression_type", _compression, reads=False),
    "max.request.size": _Property("max_request_size", int, reads=False),
    "max.block.ms": _Property("max_block_ms", int, reads=False),
    "retries": _Property("retries", int, reads=False),
    "delivery.timeout.ms": _Property("delivery_timeout_ms", int, reads=False),
    "enable.idempotence": _Property("enable_idempotence", _truth, reads=False),
    "max.in.flight.requests.per.connection": _Property("max_in_flight_requests_per_connection", int, reads=False),
}
_ELSEWHERE = (
    "sasl.jaas.config", "auto.offset.reset", "commit.offsets.on.checkpoint", "ssl.truststore.type",
    "ssl.truststore.certificates", "ssl.endpoint.identification.algorithm",
)  # fmt: skip
_WITHOUT_EFFECT = (
    "enable.auto.commit", "auto.commit.interval.ms", "key.serializer", "value.serializer", "key.deserializer",
    "value.deserializer", "max.poll.records", "max.poll.interval.ms", "session.timeout.ms", "heartbeat.interval.ms",
    "client.id.prefix", "register.consumer.metrics", "transaction.timeout.ms", "buffer.memory",
    "partition.discovery.interval.ms",
)  # fmt: skip
PROPERTIES = (*_KNOWN, *_ELSEWHERE, *_WITHOUT_EFFECT)


def properties_of(options: Mapping[str, str]) -> dict[str, str]:
    """A table's properties of Kafka."""
    return {key.removeprefix(HEAD): value for key, value in options.items() if key.startswith(HEAD)}


def check_properties(options: Mapping[str, str]) -> None:
    """Whether the client knows all properties and takes their values. Raises ValidationFailed."""
    given = properties_of(options)
    for name in given:
        if name in ("ssl.truststore.location", "ssl.keystore.location"):
            raise ValidationFailed(
                f"'{HEAD}{name}' is not offered, as files of Java's and of the server are not read: "
                f"'{HEAD}ssl.truststore.certificates' takes certificates as PEM"
            )
        if name not in PROPERTIES:
            raise ValidationFailed(
                f"'{HEAD}{name}' is not offered. Properties of Kafka that are: {', '.join(sorted(PROPERTIES))}"
            )
    client_settings(options, reads=True)
    client_settings(options, reads=False)


def client_settings(options: Mapping[str, str], *, reads: bool) -> dict[str, Any]:
    """How the client spells the properties that a consumer, or else a producer, has; but for ``ssl_context``.

    Raises ValidationFailed, which repeats no password.
    """
    given = properties_of(options)
    found: dict[str, Any] = {}
    for name, value in given.items():
        known = _KNOWN.get(name)
        if known is None or not (known.reads if reads else known.writes):
            continue
        try:
            found[known.name] = known.value(value.strip())
        except ValueError:
            raise ValidationFailed(f"'{HEAD}{name}' = '{value}' is no value that it takes") from None
    if not reads and "enable.idempotence" not in given and _sends_at_will(found):
        found["enable_idempotence"] = False
    protocol = found.get("security_protocol", "PLAINTEXT")
    if protocol not in _PROTOCOLS:
        raise ValidationFailed(f"'{HEAD}security.protocol' = '{protocol}' is none of {', '.join(_PROTOCOLS)}")
    if protocol.startswith("SASL_"):
        found |= _login(given)
    if given.get("ssl.truststore.type", "PEM").upper() != "PEM":
        raise ValidationFailed(f"'{HEAD}ssl.truststore.type' is 'PEM' here, with '{HEAD}ssl.truststore.certificates'")
    return found


def _sends_at_will(found: Mapping[str, Any]) -> bool:
    """Whether a producer is told what does not go with numbering its records, which it then does not, as in Java."""
    in_flight = found.get("max_in_flight_requests_per_connection", 1)
    return found.get("acks", -1) != -1 or found.get("retries", 1) == 0 or in_flight > 5


def _login(given: Mapping[str, str]) -> dict[str, Any]:
    """Mechanism, user and password, from JAAS."""
    text = given.get("sasl.jaas.config")
    if text is None:
        raise ValidationFailed(f"'{HEAD}sasl.jaas.config' is missing, which says who connects")
    match = _JAAS.match(text)
    module = "" if match is None else re.split(r"[.$]", match["module"])[-1]
    if match is None or module not in _MODULES:
        raise ValidationFailed(
            f'\'{HEAD}sasl.jaas.config\' is not of the form MODULE required username="..." password="..."; with one of '
            f"the modules {', '.join(sorted(_MODULES))}"
        )
    mechanism = given.get("sasl.mechanism", "GSSAPI")
    if mechanism not in _MODULES[module]:
        raise ValidationFailed(
            f"'{HEAD}sasl.mechanism' = '{mechanism}' does not go with {module}: {' or '.join(_MODULES[module])} does"
        )
    pairs = {}
    for found in _JAAS_PAIR.finditer(match["rest"]):
        value = found[2] if found[2] is not None else found[3] if found[3] is not None else found[4]
        pairs[found[1]] = re.sub(r"\\(.)", r"\1", value)
    missing = [name for name in ("username", "password") if name not in pairs]
    if missing:
        raise ValidationFailed(f"'{HEAD}sasl.jaas.config' does not say {' and '.join(missing)}")
    return {
        "sasl_mechanism": mechanism,
        "sasl_plain_username": pairs["username"],
        "sasl_plain_password": pairs["password"],
    }
