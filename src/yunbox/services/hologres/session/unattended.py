"""What statements see that run behind the session that asked for them, or of which nobody has asked for now."""

from collections.abc import Mapping

from yunbox.services.hologres.session.ports import Context
from yunbox.wire.pgwire.settings.session import Settings


def unattended(user: str, given: Mapping[str, str], now_us: int, pid: int = 0) -> Context:
    """In whose name such a statement runs, under which settings, and what time it is to it, in µs since 2000."""
    settings = Settings({}, ())
    for name, value in given.items():
        settings.assign(name, value, False)
    return Context(
        user, "", pid, "", settings.show("search_path"), settings.style, now_us, now_us, settings=dict(given),
        session_user=user,
    )  # fmt: skip
