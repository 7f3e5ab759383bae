"""Which shard a record goes to: the one it names, else by its hash key, else by its partition key, else any.

Source: the vendor's page "Records" (precedence; the partition key's MD5 is the hash key).
"""

from hashlib import md5
from itertools import count

from yunbox.kernel.errors import InvalidArgument, KernelError
from yunbox.services.datahub import faults
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.catalogue.model import ExpandMode, Shard, Topic

_turns = count()
_HEX = frozenset("0123456789abcdefABCDEF")


class Routing:
    """Where the records of one request go."""

    def __init__(self, broker: Broker, topic: Topic) -> None:
        self._broker = broker
        self._topic = topic
        self._active = topic.active
        self._any = self._active[next(_turns) % len(self._active)]
        self._named: dict[str, Shard | KernelError] = {}

    def shard(self, shard_id: str, hash_key: str, partition_key: str) -> Shard:
        """A record's shard. Raises InvalidArgument, and Conflict for one that is closed."""
        if shard_id:
            found = self._named.get(shard_id)
            if found is None:
                found = self._named[shard_id] = self._by_id(shard_id)
            if isinstance(found, KernelError):
                raise found
            return found
        if hash_key:
            return self._by_hash(_number(hash_key))
        if partition_key:
            return self._by_hash(int.from_bytes(md5(partition_key.encode(), usedforsecurity=False).digest(), "big"))
        return self._any

    def _by_id(self, text: str) -> Shard | KernelError:
        shard = self._broker.find_shard(self._topic, text)
        if shard is None:
            return InvalidArgument(f"Invalid shard id: {text[:64]}", code="InvalidShardId")
        return shard if self._broker.takes(self._topic, shard) else faults.sealed()

    def _by_hash(self, key: int) -> Shard:
        if self._topic.mode is ExpandMode.EXTEND:
            return self._active[key % len(self._active)]
        return next(shard for shard in self._active if shard.holds(key))


def _number(text: str) -> int:
    if len(text) != 32 or not _HEX.issuperset(text):
        raise InvalidArgument("A hash key is 32 hexadecimal digits", code="InvalidHashKey")
    return int(text, 16)
