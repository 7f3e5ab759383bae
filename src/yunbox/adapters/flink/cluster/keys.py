"""The one key of a cluster: its processes and its owner's commands know each other by it, and nobody else may come in.

Flink has no users. Each side of each connection has to show the certificate of this key, which lies with the owner.
Source: the page "SSL Setup" of Flink 2.x.
"""

import datetime
import ipaddress
import secrets
import ssl
from pathlib import Path

from yunbox.storage.files import write_durably

_LASTS = datetime.timedelta(days=3650)
_SKEW = datetime.timedelta(hours=1)
_NAME = "flink"


class Keys:
    """The files of the key, made anew for each cluster."""

    def __init__(self, folder: Path, host: str) -> None:
        self._host = host
        self._key = folder / "key.pem"
        self._certificate = folder / "certificate.pem"
        self._store = folder / "key.p12"
        self._trusted = folder / "trusted.p12"

    def context(self) -> ssl.SSLContext:
        """With which the owner's commands speak to the cluster."""
        context = ssl.create_default_context(cafile=str(self._certificate))
        context.load_cert_chain(self._certificate, self._key)
        return context

    def make(self) -> dict[str, str | bool]:
        """Make a key; returns what Flink is told of it, on all of its connections."""
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.serialization import (
            BestAvailableEncryption,
            Encoding,
            NoEncryption,
            PrivateFormat,
            pkcs12,
        )  # fmt: skip

        password = secrets.token_urlsafe(24)
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, _NAME)])
        now = datetime.datetime.now(datetime.UTC)
        begins, ends, serial = now - _SKEW, now + _LASTS, x509.random_serial_number()
        alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(self._host))])
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), serial, begins, ends)
            .add_extension(alternative, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, SHA256())
        )  # fmt: skip
        hidden = BestAvailableEncryption(password.encode())
        store = pkcs12.serialize_key_and_certificates(_NAME.encode(), key, certificate, None, hidden)
        trusted = pkcs12.serialize_java_truststore([pkcs12.PKCS12Certificate(certificate, _NAME.encode())], hidden)
        write_durably(self._key, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        write_durably(self._certificate, certificate.public_bytes(Encoding.PEM))
        write_durably(self._store, store)
        write_durably(self._trusted, trusted)
        return self._told(password)

    def _told(self, password: str) -> dict[str, str | bool]:
        return {
            "security.ssl.internal.enabled": True,
            "security.ssl.rest.enabled": True,
            "security.ssl.rest.authentication-enabled": True,
            "security.ssl.protocol": "TLSv1.3",
            "security.ssl.algorithms": "TLS_AES_128_GCM_SHA256",
            "security.ssl.keystore": str(self._store),
            "security.ssl.keystore-password": password,
            "security.ssl.key-password": password,
            "security.ssl.truststore": str(self._trusted),
            "security.ssl.truststore-password": password,
        }
