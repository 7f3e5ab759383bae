"""Where connectors can lead to, by their type: what each sink does with its config and with records."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yunbox.services.datahub.connectors import hologres_sink, odps_sink, oss_sink
from yunbox.services.datahub.connectors.config import parse_odps
from yunbox.services.datahub.connectors.hologres_config import parse_hologres
from yunbox.services.datahub.connectors.model import Config, Move, Outcome, Part
from yunbox.services.datahub.connectors.oss_config import parse_oss


@dataclass(frozen=True)
class Sink:
    """One kind. All but ``parse`` wait for the other side, and are called in a thread."""

    parse: Callable[..., Any]
    verify: Callable[..., None]
    upload: Callable[..., Move]
    upload_again: Callable[..., Part]
    settle: Callable[..., Outcome]

    def with_keys(self, kept: Any, now: Any) -> Config:
        """Where and as whom a move goes on: the place is the move's, endpoints and key are those of now."""
        return kept.with_keys(now)


SINKS = {
    "sink_odps": Sink(parse_odps, odps_sink.verify, odps_sink.upload, odps_sink.upload_again, odps_sink.settle),
    "sink_oss": Sink(parse_oss, oss_sink.verify, oss_sink.upload, oss_sink.upload_again, oss_sink.settle),
    "sink_hologres": Sink(
        parse_hologres, hologres_sink.verify, hologres_sink.upload, hologres_sink.upload_again, hologres_sink.settle
    ),
}
