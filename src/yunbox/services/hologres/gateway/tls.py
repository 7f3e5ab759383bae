"""What a gateway encrypts by, and what a client's password is bound to, so that nobody in between can pass it on.

Sources: the vendor's "Encryption in transit"; RFC 5929, "tls-server-end-point", of a certificate signed with SHA-256.
"""

import hashlib
import ssl
from dataclasses import dataclass
from pathlib import Path

BINDING = "tls-server-end-point"


@dataclass(frozen=True, slots=True)
class Tls:
    """The server's side; ``binding`` is the certificate's digest."""

    context: ssl.SSLContext
    binding: bytes

    @staticmethod
    def of(certificate: Path, key: Path) -> "Tls":
        """Read the files. Raises OSError."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(certificate, key)
        first = certificate.read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
        return Tls(context, hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).digest())
