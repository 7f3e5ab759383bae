"""A source's subscription: what ends its job, what passes, and when it is told how far the job is."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from yunbox.clients.datahub import DataHubError, Position
from yunbox.engine.stream.connectors import datahub_subscription
from yunbox.engine.stream.connectors.connector import Unrecoverable
from yunbox.engine.stream.connectors.datahub_subscription import Subscription


class Service:
    """A DataHub that refuses what it is told to refuse."""

    def __init__(self) -> None:
        self.codes: list[str] = []
        self.session = 0
        self.told: list[dict[str, Position]] = []

    def open_offsets(self, project: str, topic: str, sub_id: str, shards: Sequence[str]) -> dict[str, tuple[int, int]]:
        self._refuse()
        self.session += 1
        return dict.fromkeys(shards, (self.session, 0))

    def commit_offsets(
        self, project: str, topic: str, sub_id: str, offsets: Mapping[str, tuple[Position, tuple[int, int]]]
    ) -> None:
        self._refuse()
        self.told.append({shard: at for shard, (at, _) in offsets.items()})

    def _refuse(self) -> None:
        if self.codes:
            code = self.codes.pop(0)
            raise DataHubError(f"no: {code}", code=code)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setattr(datahub_subscription, "_COMMIT_EVERY_S", 0.0)
    return Service()


def opened(service: Any) -> Subscription:
    made = Subscription(service, "p", "t", "1")
    made.open(["0"])
    return made


@pytest.mark.parametrize(
    "code", ["OffsetSessionChanged", "OffsetSessionClosed", "SubscriptionOffline", "NoSuchSubscription"]
)
def test_one_that_is_gone_or_anothers_ends_the_job(service: Service, code: str) -> None:
    subscription = opened(service)
    service.codes = [code]
    with pytest.raises(Unrecoverable, match="'subId' = '1' of topic"):
        subscription.tell({"0": Position(5, 1)})
    service.codes = [code]
    with pytest.raises(Unrecoverable):
        subscription.open(["1"])


@pytest.mark.parametrize("code", ["InternalServerError", "LimitExceeded", "ServiceUnavailable", "UnknownError"])
def test_what_passes_is_said_the_next_time(service: Service, code: str) -> None:
    subscription = opened(service)
    service.codes = [code]
    subscription.tell({"0": Position(5, 1)})
    assert service.told == []
    subscription.tell({"0": Position(5, 1)})
    subscription.tell({"0": Position(5, 1)})
    assert service.told == [{"0": Position(5, 1)}]
    service.codes = [code]
    with pytest.raises(DataHubError) as caught:
        subscription.open(["1"])
    assert not isinstance(caught.value, Unrecoverable)
    subscription.open(["1"])
    subscription.tell({"0": Position(5, 1), "1": Position(7, 2)})
    assert service.told[1:] == [{"1": Position(7, 2)}]


def test_one_that_was_set_back_is_opened_anew(service: Service) -> None:
    subscription = opened(service)
    service.codes = ["OffsetReseted"]
    subscription.tell({"0": Position(5, 1)})
    assert (service.session, service.told) == (2, [])
    subscription.tell({"0": Position(6, 1)})
    assert service.told == [{"0": Position(6, 1)}]
