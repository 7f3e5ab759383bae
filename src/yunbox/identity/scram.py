"""What a server compares the proof of SCRAM-SHA-256 with, made of an AccessKey's secret. Sources: RFC 5802, RFC 7677.

A key that nobody has gets one too, made in the same way of a secret of its own: what it costs and what its client sees
differ in nothing, so nobody learns which keys there are.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from yunbox.identity.store import IdentityStore

ITERATIONS = 4096
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Verifier:
    """Checks proofs of one key. ``salt`` and ``iterations`` are told to the client; it proves itself by the rest."""

    salt: bytes
    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)
    iterations: int = ITERATIONS


class Verifiers:
    """Makes verifiers. A key has one salt for as long as the data folder lives, and so has a key that is none."""

    def __init__(self, store: IdentityStore) -> None:
        self._store = store
        self._seed = store.secret("scram-salt").encode()

    def maker(self, key_id: str) -> Callable[[], Verifier]:
        """What makes the verifier of a key, in a millisecond for any name; unlike this it may run in another thread."""
        key = self._store.access_key(key_id) or self._store.temporary_key(key_id)
        secret = key.secret if key is not None else self._derived("secret", key_id).hex()
        return lambda: _made(secret, self._derived("salt", key_id)[:_SALT_BYTES])

    def _derived(self, use: str, key_id: str) -> bytes:
        return hmac.digest(self._seed, f"{use}/{key_id}".encode("utf-8", "replace"), "sha256")


def _made(secret: str, salt: bytes) -> Verifier:
    salted = hashlib.pbkdf2_hmac("sha256", secret.encode(), salt, ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    return Verifier(salt, hashlib.sha256(client_key).digest(), hmac.digest(salted, b"Server Key", "sha256"))
