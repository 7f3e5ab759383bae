"""From a claim to a principal: every signature scheme is checked here and nowhere else."""

import hashlib
import hmac
import json
import time
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping

from yunbox.identity.store import IdentityStore, TemporaryKey
from yunbox.kernel import ids, limits
from yunbox.kernel.call import ANONYMOUS, Claim, Principal, Sign
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import InvalidArgument, Unauthenticated

EXPIRED = "expired"
BAD_SIGNATURE = "bad-signature"
BAD_KEY = "bad-key"
MISSING = "missing"
_REMEMBERED_MAX = 10_000
_MISMATCH = "The request signature does not match the one the server computed"
_KNOWN = json.dumps(
    {
        "account": "",
        "user": None,
        "policy": json.dumps(
            {
                "Version": "1",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": ["odps:Read"],
                        "Resource": "acs:odps:*:projects/yunbox/instances/202",
                    }
                ],
            }
        ),
        "expires": 179,
    },
    separators=(",", ":"),
).encode()
"""What a link to an instance's page says, so that the token in it is short."""
_TOKEN_BYTES_MAX = 64 * 1024
_TOKEN_S_MAX = 7 * 24 * 3600
_DUMMY_SECRET = "0" * 30


class NotIdentified(Unauthenticated):
    """The claim does not hold; ``reason`` is one of the constants of this module, ``claim`` what was not signed so."""

    claim: Claim | None = None

    def __init__(self, reason: str, message: str, claim: Claim | None = None) -> None:
        super().__init__(message, reason=reason)
        self.claim = claim

    @property
    def reason(self) -> str:
        """Why, for the service's error table."""
        return str(self.details["reason"])


_BASIC: Mapping[str, Sign] = {"basic": lambda secret, _claim, _signed: secret}
"""The password of HTTP Basic authentication is the secret itself."""


class Identity:
    """Verifies claims."""

    def __init__(self, store: IdentityStore, clock: Clock, schemes: Mapping[str, Sign] = _BASIC) -> None:
        self._store = store
        self._clock = clock
        self._schemes = {**_BASIC, **schemes}
        self._token_key = store.secret("bearer-token").encode()
        self._remembered: dict[tuple[str, str, str, str | None], Principal] = {}
        self._remembered_at = -1

    def identify(self, claim: Claim) -> Principal:
        """The principal a claim proves. Raises NotIdentified."""
        if claim.application is not None:
            self._check_application(claim.application)
        return self._identify(claim)

    def again(self, principal: Principal) -> Principal:
        """Who a principal is now, long after it was identified. Raises NotIdentified for one whose key is no more."""
        if principal.is_anonymous:
            return principal
        key_id = principal.access_key_id
        if key_id and principal.expires_at is None:
            key = self._store.access_key(key_id)
            if key is None or key.status != "Active":
                raise NotIdentified(BAD_KEY, f"The AccessKey '{key_id[:64]}' is not found or not active")
        user_id = None if principal.is_account else principal.id
        bound = Claim("again", key_id, source_ip=principal.source_ip)
        return self._principal(bound, principal.account_id, user_id, principal.policies, principal.expires_at)

    def proven(self, key_id: str, source_ip: str, token: str = "") -> Principal:
        """The principal of a key whose holder has proven its secret in an exchange of several messages.

        The caller has checked the proof by what ``identity.scram`` gave it for that very key; a temporary one comes
        with its security ``token``. Raises NotIdentified for a key that is none or not active, whatever was proven.
        """
        if token:
            claim = Claim("proven", key_id, security_token=token, source_ip=source_ip)
            return self._of_session(claim, self._session_key(claim))
        key = self._store.access_key(key_id)
        if key is None or key.status != "Active":
            raise NotIdentified(BAD_KEY, f"The AccessKey '{key_id[:64]}' is not found or not active")
        return self._principal(Claim("proven", key_id, source_ip=source_ip), key.account_id, key.user_id)

    def signer(self, claim: Claim) -> Callable[[str], str]:
        """Signs further texts as the claim's key does, for bodies that carry signatures of their own."""
        key = self._store.access_key(claim.access_key_id) or self._store.temporary_key(claim.access_key_id)
        secret = key.secret if key else _DUMMY_SECRET
        return lambda text: self._schemes[claim.scheme](secret, claim, text)

    def _identify(self, claim: Claim) -> Principal:
        if claim.scheme == ANONYMOUS:
            return Principal("", ANONYMOUS, ANONYMOUS, ANONYMOUS, source_ip=claim.source_ip)
        if claim.scheme == "bearer":
            return self._bearer(claim)
        sign = self._schemes.get(claim.scheme)
        if sign is None or not claim.access_key_id:
            raise NotIdentified(MISSING, "The request is not signed: sign it with an AccessKey of this server")
        self._check_time(claim)
        if claim.security_token:
            return self._temporary(claim, sign)
        key = self._store.access_key(claim.access_key_id)
        secret = key.secret if key else _DUMMY_SECRET  # an unknown key costs the same time as a known one
        valid = _matches(claim, sign, secret)
        if key is None or key.status != "Active":
            raise NotIdentified(BAD_KEY, f"The AccessKey '{claim.access_key_id[:64]}' is not found or not active")
        if not valid:
            raise NotIdentified(BAD_SIGNATURE, _MISMATCH, claim)
        return self._principal(claim, key.account_id, key.user_id)

    def issue_session(
        self, principal: Principal, session: str, duration_s: int, policy: str | None = None
    ) -> tuple[TemporaryKey, str]:
        """A temporary key pair and its security token for a principal, narrowed by ``policy``."""
        if not 900 <= duration_s <= 43_200:
            raise InvalidArgument("The duration of a session is 900 to 43200 seconds")
        token = ids.access_key_secret() * 4
        key = TemporaryKey(
            id=ids.access_key_id("STS."),
            secret=ids.access_key_secret(),
            token_hash=_hash(token),
            account_id=principal.account_id,
            user_id=None if principal.is_account else principal.id,
            session=session,
            policy=policy,
            expires=self._clock.time() + duration_s,
        )
        self._store.insert_temporary_key(key)
        return key, token

    def issue_bearer(self, principal: Principal, policy: str, duration_s: int) -> str:
        """A token that acts as the principal within a policy, as `sign_bearer_token` of MaxCompute gives."""
        body = {
            "account": principal.account_id,
            "user": None if principal.is_account else principal.id,
            "policy": policy,
            "expires": int(self._clock.time()) + min(duration_s, _TOKEN_S_MAX),
        }
        data = _packed(json.dumps(body, separators=(",", ":")))
        return f"{data}.{self._seal(data)}"

    def _bearer(self, claim: Claim) -> Principal:
        token = claim.security_token
        data, _, seal = token.rpartition(".")
        if not data or not hmac.compare_digest(self._seal(data).encode(), seal.encode()):
            raise NotIdentified(BAD_KEY, "The bearer token is not one of this server")
        try:
            body = json.loads(_unpacked(data))
        except (Base64Error, ValueError, zlib.error):
            raise NotIdentified(BAD_KEY, "The bearer token is malformed") from None
        if body["expires"] < self._clock.time():
            raise NotIdentified(EXPIRED, "The bearer token has expired: sign a new one")
        return self._principal(claim, body["account"], body["user"], (body["policy"],), body["expires"])

    def _temporary(self, claim: Claim, sign: Sign) -> Principal:
        key = self._store.temporary_key(claim.access_key_id)
        valid = _matches(claim, sign, key.secret if key else _DUMMY_SECRET)
        found = self._session_key(claim)
        if not valid:
            raise NotIdentified(BAD_SIGNATURE, _MISMATCH, claim)
        return self._of_session(claim, found)

    def _session_key(self, claim: Claim) -> TemporaryKey:
        """The temporary key whose token a claim has. Raises NotIdentified."""
        key = self._store.temporary_key(claim.access_key_id)
        if key is None or not hmac.compare_digest(key.token_hash, _hash(claim.security_token)):
            raise NotIdentified(BAD_KEY, "The security token does not belong to the AccessKey")
        return key

    def _of_session(self, claim: Claim, key: TemporaryKey) -> Principal:
        if key.expires < self._clock.time():
            raise NotIdentified(EXPIRED, "The security token has expired: ask for a new one")
        policies = (key.policy,) if key.policy else None
        return self._principal(claim, key.account_id, key.user_id, policies, key.expires)

    def _check_application(self, claim: Claim) -> None:
        """An application signs the user's signature with a key of its own, which must be one of this server."""
        key = self._store.access_key(claim.access_key_id)
        valid = _matches(claim, self._schemes[claim.scheme], key.secret if key else _DUMMY_SECRET)
        if key is None or key.status != "Active" or not valid:
            raise NotIdentified(BAD_SIGNATURE, "The application's signature is not one of a key of this server")

    def _check_time(self, claim: Claim) -> None:
        if claim.expires_at is not None and claim.expires_at < self._clock.time():
            raise NotIdentified(EXPIRED, "Request has expired.")
        if claim.expires_at is not None and (claim.signed_at or 0) <= self._clock.time() + limits.CLOCK_SKEW_S_MAX:
            return
        if claim.signed_at is None:
            raise NotIdentified(MISSING, "The request has no valid Date header")
        if abs(claim.signed_at - self._clock.time()) > limits.CLOCK_SKEW_S_MAX:
            server = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(self._clock.time()))
            raise NotIdentified(
                EXPIRED, f"The request's Date is more than 15 minutes away from the server's time ({server})"
            )

    def _principal(
        self,
        claim: Claim,
        account_id: str,
        user_id: str | None,
        policies: tuple[str, ...] | None = None,
        expires_at: float | None = None,
    ) -> Principal:
        if expires_at is not None or policies is not None:  # a temporary identity: there may be any number of them
            return self._made(claim, account_id, user_id, policies, expires_at)
        epoch = self._store.epoch.now()
        if epoch != self._remembered_at or len(self._remembered) > _REMEMBERED_MAX:
            self._remembered.clear()
            self._remembered_at = epoch
        key = claim.access_key_id, claim.source_ip, account_id, user_id
        found = self._remembered.get(key)
        if found is None:
            found = self._remembered[key] = self._made(claim, account_id, user_id, policies, expires_at)
        return found

    def _made(
        self,
        claim: Claim,
        account_id: str,
        user_id: str | None,
        policies: tuple[str, ...] | None,
        expires_at: float | None,
    ) -> Principal:
        if user_id is None:
            kind, name = "account", f"ALIYUN${self._store.account_name(account_id)}"
        else:
            user = self._store.user_by_id(user_id)
            if user is None:
                raise NotIdentified(BAD_KEY, "The RAM user of this key does not exist any more")
            kind, name = "ram-user", f"RAM${self._store.account_name(account_id)}:{user.name}"
        key_id = claim.access_key_id
        return Principal(account_id, kind, user_id or account_id, name, policies, expires_at, claim.source_ip, key_id)

    def _seal(self, data: str) -> str:
        seal = hmac.new(self._token_key, data.encode("utf-8", "replace"), hashlib.sha256).digest()
        return urlsafe_b64encode(seal).decode().rstrip("=")


def _packed(text: str) -> str:
    """A text in the letters of a URL, and short: what most tokens say is known to both ends."""
    made = zlib.compressobj(9, wbits=-15, zdict=_KNOWN)
    data = made.compress(text.encode()) + made.flush()
    return urlsafe_b64encode(data).decode().rstrip("=")


def _unpacked(data: str) -> bytes:
    found = zlib.decompressobj(wbits=-15, zdict=_KNOWN)
    return found.decompress(urlsafe_b64decode(data + "=" * (-len(data) % 4)), _TOKEN_BYTES_MAX)


def _matches(claim: Claim, sign: Sign, secret: str) -> bool:
    """Whether any of the texts the scheme allows has the claimed signature, in constant time."""
    given = claim.signature.encode("utf-8", "replace")
    results = [hmac.compare_digest(sign(secret, claim, text).encode(), given) for text in claim.signed]
    return any(results)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
