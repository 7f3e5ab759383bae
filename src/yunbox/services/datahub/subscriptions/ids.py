"""Ids of subscriptions, as the service makes them: when one was made, and five letters."""

import secrets
import string

_LETTERS = string.ascii_uppercase + string.digits


def new_id(now_s: float) -> str:
    """An id for a subscription that is made now."""
    return f"{int(now_s * 1000)}" + "".join(secrets.choice(_LETTERS) for _ in range(5))
