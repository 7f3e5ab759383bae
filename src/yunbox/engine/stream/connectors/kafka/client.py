"""The client of Kafka's protocol: an extra of the product, which is loaded where a job has a table of Kafka's."""

import importlib
import logging
import ssl
import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from yunbox.engine.stream.connectors.kafka.options import NEEDS
from yunbox.engine.stream.connectors.kafka.properties import HEAD, client_settings, properties_of
from yunbox.kernel.errors import InvalidArgument, Unavailable, Unsupported

_BOOTSTRAP_MS = 10_000
_OF_ADMIN = (
    "bootstrap_servers", "client_id", "security_protocol", "request_timeout_ms", "retry_backoff_ms",
    "reconnect_backoff_ms", "reconnect_backoff_max_ms", "connections_max_idle_ms", "bootstrap_timeout_ms",
    "ssl_context", "sasl_mechanism", "sasl_plain_username", "sasl_plain_password",
)  # fmt: skip
_PASSING = ("NoBrokersAvailable", "KafkaTimeoutError")


def library() -> Any:
    """kafka-python. Raises Unsupported, naming the extra."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logging.getLogger("kafka").setLevel(logging.ERROR)
            return importlib.import_module("kafka")
    except ImportError as error:
        raise Unsupported(NEEDS) from error


def consumer(options: Mapping[str, str], reset: str) -> Any:
    """One that is told which partitions to read, and commits nothing by itself."""
    settings = {**_settings(options, reads=True), "auto_offset_reset": reset, "enable_auto_commit": False}
    with said(options):
        return library().KafkaConsumer(**settings)


def producer(options: Mapping[str, str]) -> Any:
    """One that sends what it is given."""
    with said(options):
        return library().KafkaProducer(**_settings(options, reads=False))


def partitions(options: Mapping[str, str], names: Sequence[str] | None) -> dict[str, list[int]]:
    """The partitions of some topics, or of all that are listed; topics that are not there are not in it.

    A topic need not be listed to be read, as a view of DataHub's is not: so it is asked for by its name.
    """
    settings = {key: value for key, value in _settings(options, reads=True).items() if key in _OF_ADMIN}
    with said(options):
        admin = library().KafkaAdminClient(**settings)
        try:
            found = admin.describe_topics(None if names is None else list(names))
        finally:
            admin.close()
    return {one["name"]: sorted(part["partition_index"] for part in one["partitions"])
            for one in found if one["partitions"]}  # fmt: skip


@contextmanager
def said(options: Mapping[str, str]) -> Generator[None]:
    """Errors of the client as those of the house: what may pass is Unavailable."""
    errors = library().errors
    try:
        yield
    except errors.KafkaError as error:
        text = f"Kafka at {properties_of(options).get('bootstrap.servers', '')}: {_text(error)}"
        if _passes(error):
            raise Unavailable(text) from error
        raise InvalidArgument(text) from error


def _passes(error: Any) -> bool:
    """Whether it may be otherwise when it is tried again."""
    return bool(getattr(error, "retriable", False)) or type(error).__name__ in _PASSING


def _text(error: Any) -> str:
    return str(error) if type(error).__name__ in str(error) else f"{type(error).__name__}: {error}"


def _settings(options: Mapping[str, str], *, reads: bool) -> dict[str, Any]:
    found = client_settings(options, reads=reads)
    given = properties_of(options)
    found.setdefault("bootstrap_timeout_ms", _BOOTSTRAP_MS)
    found["metrics_enabled"] = False
    if "SSL" in found.get("security_protocol", "").split("_"):
        try:
            context = ssl.create_default_context(cadata=given.get("ssl.truststore.certificates"))
        except (ssl.SSLError, ValueError):
            raise InvalidArgument(f"'{HEAD}ssl.truststore.certificates' is no certificate as PEM") from None
        context.check_hostname = given.get("ssl.endpoint.identification.algorithm", "https") != ""
        found |= {"ssl_context": context, "ssl_check_hostname": context.check_hostname}
    return found
