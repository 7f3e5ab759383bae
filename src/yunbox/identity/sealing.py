"""Secrets at rest: sealed with a key that lies beside the database and not in it.

An HMAC is checked with the secret itself, so secrets cannot be kept as hashes. Sealed ones make a copy of ``meta.db``
alone - a backup, a support bundle - open nothing: it takes ``secrets.key`` too, which is 0600 in a folder that is 0700.
Whoever may read the whole data folder has the keys; nothing on one machine keeps them from that reader.
The seal is AES-256-GCM (NIST SP 800-38D) with a random nonce; what a secret is of is sealed with it, so that one put in
another's place does not open.
"""

import base64
import fcntl
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from yunbox.kernel.errors import Unavailable
from yunbox.storage.files import write_durably

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_FILE = "secrets.key"
_MARK = "1:"
"""No secret has a colon, so what begins so is sealed; older folders have plain ones."""
SEALED_GLOB = f"{_MARK}*"
_KEY_BYTES, _NONCE_BYTES = 32, 12


class Seal:
    """Seals the secrets of one data folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def sealed(self, owner: str, secret: str) -> str:
        """A secret as it is kept; ``owner`` says of what it is."""
        nonce = os.urandom(_NONCE_BYTES)
        data = nonce + self._cipher.encrypt(nonce, secret.encode(), owner.encode())
        return _MARK + base64.b64encode(data).decode()

    def opened(self, owner: str, kept: str) -> str:
        """The secret again. Raises Unavailable for one that another key has sealed, or that is another's."""
        from cryptography.exceptions import InvalidTag

        data = base64.b64decode(kept.removeprefix(_MARK))
        try:
            return self._cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], owner.encode()).decode()
        except InvalidTag:
            raise Unavailable(
                f"The secrets in {self._folder} were sealed with another key: put the {KEY_FILE} back that belongs here"
            ) from None

    @cached_property
    def _cipher(self) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._key())

    def _key(self) -> bytes:
        path = self._folder / KEY_FILE
        if not path.exists():
            with (self._folder / f"{KEY_FILE}.lock").open("w") as lock:  # a command may ask while a server starts
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not path.exists():
                    write_durably(path, os.urandom(_KEY_BYTES))
        return path.read_bytes()
