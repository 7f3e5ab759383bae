"""OIDC providers: whose tokens the account trusts, for whom they are made, and how their issuer is known.

Source: the vendor's API pages "CreateOIDCProvider" to "ListOIDCProviders" (Ims 2019-08-15).
"""

import sqlite3
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from yunbox.identity.directory.realm import Page, Realm, after, paged
from yunbox.kernel.errors import AlreadyExists, Conflict, InvalidArgument, NotFound
from yunbox.kernel.rules import Form, Number, Text

NAME = Text(128, 1, r"[A-Za-z0-9._-]")
DESCRIPTION = Text(256)
CLIENT_ID = Text(128, 1, r"[A-Za-z0-9._:/-]")
FINGERPRINT = Form(r"[0-9a-fA-F]{40}", 40)
HOURS = Number(1, 168)
PROVIDERS_MAX, CLIENT_IDS_MAX, FINGERPRINTS_MAX = 100, 50, 5
_ISSUER_LENGTH_MAX = 255


@dataclass(frozen=True)
class Provider:
    """A provider; fingerprints are SHA-1 in lower-case hexadecimal digits, times are seconds since the epoch."""

    account_id: str
    name: str
    issuer: str
    client_ids: tuple[str, ...]
    fingerprints: tuple[str, ...]
    description: str
    issued_hours_max: int
    created: float
    updated: float

    @property
    def arn(self) -> str:
        """What trust policies call it by."""
        return f"acs:ram::{self.account_id}:oidc-provider/{self.name}"


def create(
    realm: Realm,
    name: str,
    issuer: str,
    client_ids: tuple[str, ...],
    fingerprints: tuple[str, ...],
    description: str = "",
    issued_hours_max: int = 12,
) -> Provider:
    """Create a provider. Raises InvalidArgument, AlreadyExists, Conflict."""
    NAME.check("OIDCProviderName", name)
    if realm.count("SELECT count(*) FROM oidc_providers WHERE account_id = ?", realm.account_id) >= PROVIDERS_MAX:
        raise Conflict(f"There are at most {PROVIDERS_MAX} OIDC providers.", code="LimitExceeded.OIDCProvider")
    if _row(realm, name):
        raise AlreadyExists(f"The OIDC provider already exists: {name}.", code="EntityAlreadyExists.OIDCProvider")
    made = Provider(
        realm.account_id, name, _checked_issuer(issuer), client_ids, fingerprints, description, issued_hours_max,
        realm.now, realm.now,
    )  # fmt: skip
    return _put(realm, made)


def find(realm: Realm, name: str) -> Provider:
    """A provider by name. Raises NotFound."""
    row = _row(realm, name)
    if row is None:
        raise NotFound(f"The OIDC provider does not exist: {name[:128]}.", code="EntityNotExist.OIDCProvider")
    return _provider(row)


def change(
    realm: Realm,
    name: str,
    *,
    client_ids: tuple[str, ...] | None = None,
    fingerprints: tuple[str, ...] | None = None,
    description: str | None = None,
    issued_hours_max: int | None = None,
) -> Provider:
    """Change a provider; None leaves things as they are. Raises NotFound, InvalidArgument."""
    given = {
        "client_ids": client_ids, "fingerprints": fingerprints, "description": description,
        "issued_hours_max": issued_hours_max,
    }  # fmt: skip
    changes = {field: value for field, value in given.items() if value is not None}
    return _put(realm, replace(find(realm, name), updated=realm.now, **changes))


def delete(realm: Realm, name: str) -> None:
    """Delete a provider. Raises NotFound."""
    find(realm, name)
    realm.run("DELETE FROM oidc_providers WHERE account_id = ? AND name = ?", realm.account_id, name)


def page(realm: Realm, marker: str, size: int) -> Page[Provider]:
    """Providers by name."""
    rows = realm.rows(
        "SELECT * FROM oidc_providers WHERE account_id = ? AND name > ? ORDER BY name LIMIT ?",
        realm.account_id, after(marker), size + 1,
    )  # fmt: skip
    return paged([_provider(row) for row in rows], size, lambda one: one.name)


def _put(realm: Realm, provider: Provider) -> Provider:
    """Write a provider that can be one. Raises InvalidArgument."""
    DESCRIPTION.check("Description", provider.description)
    HOURS.check("IssuanceLimitTime", provider.issued_hours_max)
    _check_list("ClientIds", provider.client_ids, CLIENT_ID, CLIENT_IDS_MAX)
    _check_list("Fingerprints", provider.fingerprints, FINGERPRINT, FINGERPRINTS_MAX)
    made = replace(provider, fingerprints=tuple(one.lower() for one in provider.fingerprints))
    values = {**vars(made), "client_ids": ",".join(made.client_ids), "fingerprints": ",".join(made.fingerprints)}
    realm.run("INSERT OR REPLACE INTO oidc_providers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *values.values())
    return made


def _check_list(name: str, values: tuple[str, ...], rule: Text | Form, most: int) -> None:
    if not 1 <= len(values) <= most or len(set(values)) != len(values):
        raise InvalidArgument(f"{name} are 1 to {most}, and none is there twice.", code=f"InvalidParameter.{name}")
    for value in values:
        rule.check(name, value)


def _checked_issuer(issuer: str) -> str:
    """An issuer's URL: over TLS, to a host, and nothing behind its path. Raises InvalidArgument."""
    try:
        parts = urlsplit(issuer)
        wrong = parts.scheme != "https" or not parts.hostname or parts.port == 0
    except ValueError:
        wrong = True
    if wrong or "?" in issuer or "#" in issuer or "@" in issuer or len(issuer) > _ISSUER_LENGTH_MAX:
        raise InvalidArgument("IssuerUrl is a URL that begins with https://.", code="InvalidParameter.IssuerUrl")
    return issuer


def _row(realm: Realm, name: str) -> sqlite3.Row | None:
    return realm.row("SELECT * FROM oidc_providers WHERE account_id = ? AND name = ?", realm.account_id, name)


def _provider(row: sqlite3.Row) -> Provider:
    found = Provider(**dict(row))
    return replace(found, client_ids=_split(row["client_ids"]), fingerprints=_split(row["fingerprints"]))


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))
