"""A subscription of DataHub that a source is told to use: it shows, to people and to DataHub's own consumers, how far
the job has read.

The job itself keeps its offsets, with its state: where it goes on is never read from the subscription. Source: the
vendor's page "DataHub connector" of Realtime Compute for Apache Flink, by which several jobs cannot use one at the same
time: whoever opens it ends the session of the one before.
"""

import time
from collections.abc import Iterable, Mapping

from yunbox.clients.datahub import DataHubClient, DataHubError, Position
from yunbox.engine.stream.connectors.connector import Unrecoverable

_COMMIT_EVERY_S = 5.0
_RESET, _TAKEN = "OffsetReseted", ("OffsetSessionChanged", "OffsetSessionClosed")
_GONE = ("NoSuchSubscription", "SubscriptionOffline", "NoSuchTopic", "NoSuchProject")
"""What no other try mends, as _TAKEN; anything else may be over in a moment."""


class Subscription:
    """One, as a job uses it. Raises Unrecoverable where the job cannot, and DataHubError for what may pass."""

    def __init__(self, client: DataHubClient, project: str, topic: str, sub_id: str) -> None:
        self._client = client
        self._of = project, topic, sub_id
        self._sessions: dict[str, tuple[int, int]] = {}
        self._told: dict[str, Position] = {}
        self._told_at = time.monotonic()

    def open(self, shards: Iterable[str]) -> None:
        """Begin to use it for shards that are not open yet."""
        new = [shard for shard in shards if shard not in self._sessions]
        if new:
            try:
                self._sessions |= self._client.open_offsets(*self._of, new)
            except DataHubError as error:
                self._check(error)
                raise

    def tell(self, read: Mapping[str, Position], *, is_last: bool = False) -> None:
        """Say which record of each shard was the last one, if it is time to; what cannot be said now is, the next
        time."""
        now = time.monotonic()
        more = {shard: at for shard, at in read.items() if self._told.get(shard) != at and shard in self._sessions}
        if not more or (now - self._told_at < _COMMIT_EVERY_S and not is_last):
            return
        self._told_at = now
        try:
            self._client.commit_offsets(*self._of, {shard: (at, self._sessions[shard]) for shard, at in more.items()})
        except DataHubError as error:
            self._check(error)
            if error.code == _RESET:
                self._opened_anew()  # somebody has set it back, which the job's own offsets do not follow
            return
        self._told |= more

    def _opened_anew(self) -> None:
        shards, self._sessions = list(self._sessions), {}
        self.open(shards)

    def _check(self, error: DataHubError) -> None:
        """Raise Unrecoverable where the subscription is another's, or is not there."""
        project, topic, sub_id = self._of
        if error.code in _TAKEN or error.code in _GONE:
            reason = "another consumer uses it now" if error.code in _TAKEN else f"{error.code}: {error.message}"
            raise Unrecoverable(f"'subId' = '{sub_id}' of topic {project}.{topic}: {reason}") from error
