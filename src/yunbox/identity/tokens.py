"""Tokens of OpenID Connect: whether one was made by the issuer that a provider is of, for the account, and lately.

The issuer's keys come from its discovery document, over TLS. Who it is its certificate says, or the authority's that
made it: the SHA-1 fingerprint of one of the two is what the provider has, and that certificate is then the only one
that the connection trusts. Nothing is followed elsewhere.

Sources: OpenID Connect Core 1.0 (3.1.3.7) and Discovery 1.0, RFC 7519; the vendor's "Overview of OIDC-based SSO".
"""

import asyncio
import hashlib
import http.client
import json
import socket
import ssl
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from yunbox.identity.directory.providers import Provider
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import KernelError, Unauthenticated

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_TIMEOUT_S = 5.0
_BYTES_MAX = 256 * 1024
_TOKEN_LENGTH_MAX = 20_000
_KEYS_LAST_S, _KEYS_AGAIN_S = 300.0, 10.0
_LEEWAY_S = 60


class BadToken(Unauthenticated):
    """A token does not hold; ``code`` is the vendor's."""

    def __init__(self, message: str, code: str = "AuthenticationFail.OIDCToken.Invalid") -> None:
        super().__init__(message, code=code)


@dataclass(frozen=True)
class Verified:
    """What a token that holds says; times are seconds since the epoch."""

    issuer: str
    subject: str
    audience: tuple[str, ...]
    issued: float
    expires: float


@dataclass(frozen=True)
class _Keys:
    """An issuer's keys, and when they were asked for."""

    keys: Any
    at: float


class Tokens:
    """Verifies tokens, and keeps the keys of issuers for a while."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[tuple[str, tuple[str, ...]], _Keys] = {}

    async def verified(self, token: str, provider: Provider) -> Verified:
        """What a token says. Raises BadToken."""
        if len(token) > _TOKEN_LENGTH_MAX:
            raise BadToken(f"An OIDCToken has at most {_TOKEN_LENGTH_MAX} characters.", "InvalidParameter.OIDCToken")
        key = await self._key(token, provider)
        claims = self._claims(token, key, provider)
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        found = Verified(
            str(claims["iss"]), str(claims["sub"]), tuple(map(str, audience)), float(claims["iat"]),
            float(claims["exp"]),
        )  # fmt: skip
        if self._clock.time() - found.issued > provider.issued_hours_max * 3600:
            raise BadToken(f"The token was issued more than {provider.issued_hours_max} hours ago.")
        return replace(found, audience=tuple(one for one in found.audience if one in provider.client_ids))

    async def _key(self, token: str, provider: Provider) -> Any:
        """The key that a token names: of those that are known, or of those that the issuer has now."""
        import jwt

        try:
            head = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise BadToken("The OIDCToken is no token.") from None
        if head.get("alg") not in ALGORITHMS:
            raise BadToken(f"The algorithm {str(head.get('alg'))[:32]} is none of {', '.join(ALGORITHMS)}.")
        of = provider.issuer, provider.fingerprints
        known = self._known.get(of)
        now = self._clock.time()
        found = _chosen(known, head) if known is not None and 0 <= now - known.at < _KEYS_LAST_S else None
        if found is None and (known is None or not 0 <= now - known.at < _KEYS_AGAIN_S):
            known = self._known[of] = _Keys(await asyncio.to_thread(_fetched, provider), now)
            found = _chosen(known, head)
        if found is None:
            raise BadToken("The issuer has no key that the OIDCToken names.")
        return found

    def _claims(self, token: str, key: Any, provider: Provider) -> dict[str, Any]:
        """The claims, but for what the time says of them by the house's own clock. Raises BadToken."""
        import jwt

        needed = ["iss", "sub", "aud", "exp", "iat"]
        own = {"require": needed, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
        try:
            claims = jwt.decode(
                token, key.key, algorithms=list(ALGORITHMS), audience=list(provider.client_ids),
                issuer=provider.issuer, options=own,  # ty: ignore[invalid-argument-type]
            )  # fmt: skip
            times = {name: float(claims.get(name, 0)) for name in ("exp", "iat", "nbf")}
        except (jwt.PyJWTError, TypeError, ValueError) as error:
            raise BadToken(f"The OIDCToken does not hold: {error}.") from None
        now = self._clock.time()
        if times["exp"] <= now:
            raise BadToken("The OIDCToken has expired.", "AuthenticationFail.OIDCToken.Expired")
        if max(times["iat"], times["nbf"]) > now + _LEEWAY_S:
            raise BadToken("The OIDCToken is not valid yet.")
        return claims


def _chosen(known: _Keys, head: dict[str, Any]) -> Any:
    """The key by its id; of a set with one key and a token without an id, that."""
    wanted = head.get("kid")
    fits = [key for key in known.keys if key.key_id == wanted or (wanted is None and len(known.keys) == 1)]
    return fits[0] if fits else None


# -- the issuer


def _fetched(provider: Provider) -> Any:
    """The keys of an issuer. Raises BadToken for one that is not there, or is another."""
    import jwt

    try:
        context = _trusting(provider)
        document = _json(provider.issuer.rstrip("/") + "/.well-known/openid-configuration", provider, context)
        if document.get("issuer") != provider.issuer:
            raise BadToken("The issuer's document is of another issuer.")
        keys = _json(str(document.get("jwks_uri", "")), provider, context)
        return jwt.PyJWKSet.from_dict(keys).keys
    except KernelError:
        raise
    except (OSError, http.client.HTTPException, ValueError, jwt.PyJWTError) as error:
        raise BadToken(f"The issuer's keys cannot be had: {error}.") from None


def _trusting(provider: Provider) -> ssl.SSLContext:
    """What trusts the one certificate that a provider names, of those that the issuer shows. Raises BadToken."""
    parts = urlsplit(provider.issuer)
    address = parts.hostname or "", parts.port or 443
    looking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    looking.check_hostname, looking.verify_mode = False, ssl.CERT_NONE  # nothing is believed of this connection
    with (
        socket.create_connection(address, _TIMEOUT_S) as plain,
        looking.wrap_socket(plain, server_hostname=address[0]) as secured,
    ):
        shown = _chain(secured)
    named = [one for one in shown if hashlib.sha1(one).hexdigest() in provider.fingerprints]  # noqa: S324 - a name
    if not named:
        raise BadToken("None of the certificates that the issuer shows has a fingerprint of the provider.")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(named[0]))
    return context


def _chain(secured: ssl.SSLSocket) -> list[bytes]:
    """The certificates that the other end shows, in DER; Python before 3.13 tells the first alone."""
    chain = getattr(secured, "get_unverified_chain", None)
    if chain is not None:
        return list(chain())
    return [secured.getpeercert(binary_form=True) or b""]


def _json(url: str, provider: Provider, context: ssl.SSLContext) -> dict[str, Any]:
    """A document of the issuer's own host. Raises BadToken, OSError, ValueError."""
    parts, own = urlsplit(url), urlsplit(provider.issuer)
    if (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
        raise BadToken("The issuer's keys lie on another host than the issuer, which is not offered.")
    connection = http.client.HTTPSConnection(
        parts.hostname or "", parts.port or 443, timeout=_TIMEOUT_S, context=context
    )
    try:
        connection.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
        answer = connection.getresponse()
        data = answer.read(_BYTES_MAX + 1)
        if answer.status != 200 or len(data) > _BYTES_MAX:
            raise BadToken(f"The issuer answers {answer.status} for {parts.path[:128]}.")
        found = json.loads(data)
    finally:
        connection.close()
    if not isinstance(found, dict):
        raise BadToken("The issuer's document is no object.")
    return found
