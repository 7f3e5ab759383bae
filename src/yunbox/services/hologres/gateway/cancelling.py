"""How a gateway and the server pass on that a session's statement is to be stopped: ``cancel PID SECRET``."""

import msgspec

from yunbox.spine.channel import Channel

CANCEL = "cancel"
_PAIR = msgspec.json.Decoder(tuple[int, int])


def say_cancel(channel: Channel, process_id: int, secret: int) -> None:
    """Have whoever serves a session stop its statement."""
    channel.say(CANCEL, msgspec.json.encode([process_id, secret]))


def key_of(body: bytes) -> tuple[int, int]:
    """A session's process id, and the secret that stops its statement."""
    return _PAIR.decode(body)
