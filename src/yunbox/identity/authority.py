"""The local certificate authority: who proves to TLS clients that they talk to this server, and to no other.

It is made when it is first needed, and lies in the data folder with its private key, 0600. Certificates that it gives
are of this machine's own names and last a year; they are made anew at a start when little of that is left.
Source: RFC 5280; libpq's documentation, "SSL Support", says what clients check.
"""

import datetime
import fcntl
import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from yunbox.storage.files import write_durably

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

FOLDER = "tls"
NAMES = ("localhost", "127.0.0.1", "::1")
_LASTS, _LEFT = datetime.timedelta(days=365), datetime.timedelta(days=30)
_AUTHORITY_LASTS = datetime.timedelta(days=3650)
_SKEW = datetime.timedelta(hours=1)
"""How far behind a client's clock may be."""


@dataclass(frozen=True, slots=True)
class Issued:
    """The files of a server's certificate and of its private key, in PEM."""

    certificate: Path
    key: Path


class Authority:
    """The authority of one data folder. Its methods raise StorageFull."""

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER
        self._own = Issued(self._folder / "ca.pem", self._folder / "ca-key.pem")

    @property
    def path(self) -> Path:
        """Where its certificate lies, which clients are to trust; it is there once it was asked for."""
        return self._own.certificate

    def certificate(self) -> bytes:
        """Its certificate, in PEM."""
        self._made()
        return self.path.read_bytes()

    def issued(self, name: str) -> Issued:
        """A certificate for this machine's names that is good for some time to come; ``name`` is what it is called."""
        files = Issued(self._folder / f"{name}.pem", self._folder / f"{name}-key.pem")
        self._made()
        if not self._is_good(files):
            self._issue(files)
        return files

    def _made(self) -> None:
        """Have it be there. A key without a certificate is of nobody yet."""
        if self.path.exists():
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as lock:  # a command may ask at the moment when a server starts
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.path.exists():
                self._make()

    def _make(self) -> None:
        key = _key()
        name = _name("Yunbox local CA")
        builder = _builder(name, name, key, _AUTHORITY_LASTS)
        write_durably(self._own.key, _private(key))
        write_durably(self.path, _signed(_as_authority(builder), key))

    def _is_good(self, files: Issued) -> bool:
        """Whether it was given by this authority, and lasts."""
        from cryptography import x509
        from cryptography.exceptions import InvalidSignature

        if not (files.certificate.exists() and files.key.exists()):
            return False
        found, mine = (x509.load_pem_x509_certificate(path.read_bytes()) for path in (files.certificate, self.path))
        try:
            found.verify_directly_issued_by(mine)
        except (InvalidSignature, ValueError):
            return False
        return found.not_valid_after_utc - _now() > _LEFT

    def _issue(self, files: Issued) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        mine = x509.load_pem_x509_certificate(self.path.read_bytes())
        signer = load_pem_private_key(self._own.key.read_bytes(), None)
        assert isinstance(signer, EllipticCurvePrivateKey)
        key = _key()
        builder = _as_server(_builder(_name(NAMES[0]), mine.subject, key, _LASTS), signer)
        write_durably(files.key, _private(key))
        write_durably(files.certificate, _signed(builder, signer) + self.path.read_bytes())


def _key() -> "EllipticCurvePrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _private(key: "EllipticCurvePrivateKey") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _signed(builder: "x509.CertificateBuilder", signer: "EllipticCurvePrivateKey") -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding

    return builder.sign(signer, SHA256()).public_bytes(Encoding.PEM)


def _name(text: str) -> "x509.Name":
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _builder(
    subject: "x509.Name", issuer: "x509.Name", key: "EllipticCurvePrivateKey", lasts: datetime.timedelta
) -> "x509.CertificateBuilder":
    from cryptography import x509

    now = _now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _as_authority(builder: "x509.CertificateBuilder") -> "x509.CertificateBuilder":
    from cryptography import x509

    return builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).add_extension(
        _usage(signs=False, certifies=True), critical=True
    )


def _as_server(builder: "x509.CertificateBuilder", signer: "EllipticCurvePrivateKey") -> "x509.CertificateBuilder":
    from cryptography import x509

    names = [_general(name) for name in NAMES]
    return (
        builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_usage(signs=True, certifies=False), critical=True)
    )


def _general(name: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, signs: bool, certifies: bool) -> "x509.KeyUsage":
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=signs, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=certifies, crl_sign=certifies, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
