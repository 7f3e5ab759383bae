"""Encrypting and decrypting bytes: what CREATE EXTENSION pgcrypto brings.

Sources: the vendor's page "Pgcrypto extension functions"; the PostgreSQL documentation, "pgcrypto", "Raw Encryption
Functions". Of its ciphers AES is here.
"""

import re
from typing import TYPE_CHECKING

from yunbox.sql.hologres.natives.native import Native, native
from yunbox.wire.pgwire.report import PgError, failure

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import Cipher

_BLOCK = 16
_KEY_BYTES = (16, 24, 32)
_METHOD = re.compile(r"([a-z0-9]+)(?:-(cbc|ecb))?(?:/pad:(pkcs|none))?", re.IGNORECASE)
_AES = ("aes", "rijndael")
_KNOWN = (*_AES, "bf", "blowfish", "des", "3des", "cast5")


def _read(method: str) -> tuple[str, bool]:
    """Mode and whether blocks are filled up. Raises PgError 22023, 0A000."""
    found = _METHOD.fullmatch(method)
    if found is None or found[1].lower() not in _KNOWN:
        raise failure("22023", f'Cannot use "{method}": No such cipher algorithm')
    if found[1].lower() not in _AES:
        raise failure("0A000", f'encryption by "{method}" is not supported', hint="There is AES.")
    return (found[2] or "cbc").lower(), (found[3] or "pkcs").lower() == "pkcs"


def _cipher(key: bytes, mode: str) -> "Cipher":
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    size = next((one for one in _KEY_BYTES if len(key) <= one), _KEY_BYTES[-1])
    filled = algorithms.AES(key[:size].ljust(size, bytes(1)))
    return Cipher(filled, modes.CBC(bytes(_BLOCK)) if mode == "cbc" else modes.ECB())  # noqa: S305 - as asked for


def _encrypted(data: bytes, key: bytes, method: str) -> bytes:
    mode, is_padded = _read(method)
    made = _cipher(key, mode).encryptor()
    if is_padded:
        fill = _BLOCK - len(data) % _BLOCK
        data += bytes([fill]) * fill
    elif len(data) % _BLOCK:
        raise failure("39000", "encrypt error: Encryption failed")
    return made.update(data) + made.finalize()


def _decrypted(data: bytes, key: bytes, method: str) -> bytes:
    mode, is_padded = _read(method)
    if (not data and is_padded) or len(data) % _BLOCK:
        raise _undone()
    made = _cipher(key, mode).decryptor()
    plain = made.update(data) + made.finalize()
    if not is_padded:
        return plain
    fill = plain[-1]
    if not 1 <= fill <= _BLOCK or plain[-fill:] != bytes([fill]) * fill:
        raise _undone()
    return plain[:-fill]


def _undone() -> PgError:
    return failure("39000", "decrypt error: Decryption failed")


NATIVES: tuple[Native, ...] = (
    native("hg_encrypt", _encrypted, "BLOB; BLOB; VARCHAR", "BLOB"),
    native("hg_decrypt", _decrypted, "BLOB; BLOB; VARCHAR", "BLOB"),
)
