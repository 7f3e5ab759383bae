"""Identifiers in the shapes Alibaba Cloud gives them, made from the system's random source."""

import random
import secrets
import time

_numbers = random.Random()  # noqa: S311 - seeded by the system; drawn thousands of times a second
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def request_id() -> str:
    """A request id: 24 upper-case hexadecimal digits, as MaxCompute and OSS send it. It is unique and no secret."""
    return f"{_numbers.getrandbits(96):024X}"


def account_uid() -> str:
    """An account uid of 16 digits."""
    return "1" + "".join(secrets.choice("0123456789") for _ in range(15))


def user_id() -> str:
    """A RAM user id of 18 digits."""
    return "2" + "".join(secrets.choice("0123456789") for _ in range(17))


def role_id() -> str:
    """A RAM role's id of 18 digits."""
    return "3" + "".join(secrets.choice("0123456789") for _ in range(17))


def access_key_id(prefix: str = "LTAI5t") -> str:
    """An AccessKey id of 24 characters; temporary keys start with ``STS.`` instead."""
    return prefix + _base62(24 - len(prefix))


def access_key_secret() -> str:
    """An AccessKey secret of 30 characters."""
    return _base62(30)


def timed_id(now_s: float | None = None, suffix: str = "") -> str:
    """An id that sorts by time, as MaxCompute names instances: ``yyyymmddhhmmssmmm`` and random letters."""
    now_s = time.time() if now_s is None else now_s
    stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(now_s)) + f"{int(now_s * 1000) % 1000:03d}"
    return f"{stamp}g{secrets.token_hex(5)}{suffix}"


def _base62(length: int) -> str:
    return "".join(secrets.choice(_BASE62) for _ in range(length))
