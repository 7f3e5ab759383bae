"""How Kafka's clients may not come in: by mechanisms that are not offered, and by TLS. They are told as by brokers."""

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.clients.datahub.test_kafka import confluent
from tests.waiting import until
from yunbox.testing.server import Server


def told(server: Server, **more: str) -> str:
    """The first error that librdkafka is told."""
    errors: list[str] = []
    client = AdminClient({**confluent(server, **more), "error_cb": lambda error: errors.append(error.str())})
    until(lambda: (client.poll(0.1), errors)[1], 20)
    with pytest.raises(KafkaException):
        client.list_topics(timeout=0.1)
    return errors[0]


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_mechanism_that_is_not_offered(server: Server, mechanism: str) -> None:
    """The secret of an AccessKey is never kept as SCRAM needs it: PLAIN is what there is, and is named."""
    reason = told(server, sasl_mechanism=mechanism)
    assert f"SASL {mechanism} mechanism handshake failed: Broker: Unsupported SASL mechanism" in reason
    assert "broker's supported mechanisms: PLAIN" in reason and server.access_key_secret not in reason


@pytest.mark.parametrize("protocol", ["SSL", "SASL_SSL"])
def test_tls_where_there_is_none(server: Server, protocol: str) -> None:
    """The line is cut at once, as a broker's listener without TLS does."""
    reason = told(server, security_protocol=protocol)
    assert "SSL connection closed by peer" in reason
