"""From a claim to a principal: every signature scheme is checked here and nowhere else."""

import hashlib
import hmac
import json
import time
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yunbox.identity.instances import region_of
from yunbox.identity.nonces import Nonces
from yunbox.identity.store import AccessKey, IdentityStore, TemporaryKey
from yunbox.kernel import ids, limits
from yunbox.kernel.call import ACCOUNT, ANONYMOUS, RAM_USER, ROLE_SESSION, Claim, Principal, Sign
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.unidentified import (
    BAD_KEY,
    BAD_SIGNATURE,
    BAD_TOKEN,
    EXPIRED,
    INACTIVE,
    MISSING,
    REPLAYED,
    TOKEN_EXPIRED,
    TOKEN_MISSING,
    NotIdentified,
)

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


@dataclass(frozen=True)
class Holder:
    """For whom a key speaks: a role in a session, a user, or without either the account itself."""

    account_id: str
    user_id: str | None = None
    role_id: str | None = None
    session: str = ""


BASIC = "basic"
_BASIC: Mapping[str, Sign] = {BASIC: lambda secret, _claim, _signed: secret}
"""The password of HTTP Basic authentication is the secret itself."""


class Identity:
    """Verifies claims."""

    def __init__(self, store: IdentityStore, clock: Clock, schemes: Mapping[str, Sign] = _BASIC) -> None:
        self._store = store
        self._clock = clock
        self._schemes = {**_BASIC, **schemes}
        self._token_key = store.secret("bearer-token").encode()
        self._nonces = Nonces(clock)
        self._remembered: dict[tuple[str, str, bool, Holder], Principal] = {}
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
            self._active(key_id)
        bound = Claim("again", key_id, source_ip=principal.source_ip, secure=principal.secure)
        return self._principal(bound, holder_of(principal), principal.policies, principal.expires_at)

    def standing(self, holder: Holder) -> Principal:
        """Whose the work is that goes on with nobody there to sign for it, as was asked for before.

        Raises NotIdentified for one who is no more.
        """
        return self._principal(Claim("standing"), holder)

    def proven(self, key_id: str, source_ip: str, token: str = "") -> Principal:
        """The principal of a key whose holder has proven its secret in an exchange of several messages.

        The caller has checked the proof by what ``identity.scram`` gave it for that very key; a temporary one comes
        with its security ``token``. Raises NotIdentified for a key that is none or not active, whatever was proven.
        """
        if token:
            claim = Claim("proven", key_id, security_token=token, source_ip=source_ip)
            return self._of_session(claim, self._session_key(claim))
        key = self._active(key_id)
        return self._principal(Claim("proven", key_id, source_ip=source_ip), Holder(key.account_id, key.user_id))

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
        if key is None and self._store.temporary_key(claim.access_key_id) is not None:
            raise NotIdentified(TOKEN_MISSING, "A temporary AccessKey comes with its security token")
        key = self._active(claim.access_key_id)
        if not valid:
            raise NotIdentified(BAD_SIGNATURE, _MISMATCH, claim)
        self._check_new(claim)
        return self._principal(claim, Holder(key.account_id, key.user_id))

    def _active(self, key_id: str) -> AccessKey:
        """A key that may be used. Raises NotIdentified."""
        key = self._store.access_key(key_id)
        if key is None:
            raise NotIdentified(BAD_KEY, f"The AccessKey '{key_id[:64]}' is not found or not active")
        if key.status != "Active":
            raise NotIdentified(INACTIVE, f"The AccessKey '{key_id[:64]}' is disabled")
        return key

    def _check_new(self, claim: Claim) -> None:
        """Refuse a request that was sent before, where its scheme has a nonce."""
        if claim.nonce and not self._nonces.take(claim.access_key_id, claim.nonce):
            raise NotIdentified(REPLAYED, "The signature's nonce was used already")

    def issue_session(
        self, principal: Principal, session: str, duration_s: int, policy: str | None = None
    ) -> tuple[TemporaryKey, str]:
        """A temporary key pair and its security token for a principal, narrowed by ``policy``."""
        if not 900 <= duration_s <= 43_200:
            raise InvalidArgument("The duration of a session is 900 to 43200 seconds")
        holder = holder_of(principal)
        return self.issue(Holder(holder.account_id, holder.user_id, holder.role_id, session), duration_s, policy)

    def issue(self, holder: Holder, duration_s: int, policy: str | None = None) -> tuple[TemporaryKey, str]:
        """A temporary key pair and its security token for whom it is to speak for, narrowed by ``policy``."""
        token = ids.access_key_secret() * 4
        key = TemporaryKey(
            id=ids.access_key_id("STS."),
            secret=ids.access_key_secret(),
            token_hash=_hash(token),
            account_id=holder.account_id,
            user_id=holder.user_id,
            session=holder.session,
            policy=policy,
            expires=self._clock.time() + duration_s,
            role_id=holder.role_id,
        )
        self._store.insert_temporary_key(key)
        return key, token

    def issue_bearer(self, principal: Principal, policy: str, duration_s: int) -> str:
        """A token that acts as the principal within a policy, as `sign_bearer_token` of MaxCompute gives."""
        holder = holder_of(principal)
        expires = int(self._clock.time()) + min(duration_s, _TOKEN_S_MAX)
        body: dict[str, object] = {
            "account": principal.account_id,
            "user": holder.user_id,
            "policy": policy,
            "expires": expires if principal.expires_at is None else min(expires, int(principal.expires_at)),
        }
        if holder.role_id is not None:
            body |= {"role": holder.role_id, "session": holder.session}
        if principal.policies:
            body["within"] = principal.policies
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
        holder = Holder(body["account"], body["user"], body.get("role"), body.get("session", ""))
        return self._principal(claim, holder, (body["policy"], *body.get("within", ())), body["expires"])

    def _temporary(self, claim: Claim, sign: Sign) -> Principal:
        key = self._store.temporary_key(claim.access_key_id)
        valid = _matches(claim, sign, key.secret if key else _DUMMY_SECRET)
        found = self._session_key(claim)
        if not valid:
            raise NotIdentified(BAD_SIGNATURE, _MISMATCH, claim)
        principal = self._of_session(claim, found)
        self._check_new(claim)
        return principal

    def _session_key(self, claim: Claim) -> TemporaryKey:
        """The temporary key whose token a claim has. Raises NotIdentified."""
        key = self._store.temporary_key(claim.access_key_id)
        if key is None or not hmac.compare_digest(key.token_hash, _hash(claim.security_token)):
            raise NotIdentified(BAD_TOKEN, "The security token does not belong to the AccessKey")
        return key

    def _of_session(self, claim: Claim, key: TemporaryKey) -> Principal:
        if key.expires < self._clock.time():
            raise NotIdentified(TOKEN_EXPIRED, "The security token has expired: ask for a new one")
        policies = (key.policy,) if key.policy else None
        holder = Holder(key.account_id, key.user_id, key.role_id, key.session)
        return self._principal(claim, holder, policies, key.expires)

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
        holder: Holder,
        policies: tuple[str, ...] | None = None,
        expires_at: float | None = None,
    ) -> Principal:
        if expires_at is not None or policies is not None:  # a temporary identity: there may be any number of them
            return self._made(claim, holder, policies, expires_at)
        epoch = self._store.epoch.now()
        if epoch != self._remembered_at or len(self._remembered) > _REMEMBERED_MAX:
            self._remembered.clear()
            self._remembered_at = epoch
        key = claim.access_key_id, claim.source_ip, claim.secure, holder
        found = self._remembered.get(key)
        if found is None:
            found = self._remembered[key] = self._made(claim, holder, policies, expires_at)
        return found

    def _made(
        self, claim: Claim, holder: Holder, policies: tuple[str, ...] | None, expires_at: float | None
    ) -> Principal:
        account_id = holder.account_id
        account = self._store.account_name(account_id)
        if holder.role_id is not None:
            kind, found, name = ROLE_SESSION, holder.role_id, self._store.role_name(holder.role_id)
            shown, within = f"RAM${account}:role/{name}", f"assumed-role/{name}/{holder.session}"
        elif holder.user_id is not None:
            kind, found, name = RAM_USER, holder.user_id, self._store.user_name(holder.user_id)
            shown, within = f"RAM${account}:{name}", f"user/{name}"
        else:
            kind, found, name, shown, within = ACCOUNT, account_id, account, f"ALIYUN${account}", "root"
        if name is None:
            what = "role" if kind == ROLE_SESSION else "user"
            raise NotIdentified(BAD_KEY, f"The RAM {what} of this key does not exist any more")
        return Principal(
            account_id, kind, found, shown, policies, expires_at, claim.source_ip, claim.access_key_id,
            arn=f"acs:ram::{account_id}:{within}", session=holder.session, secure=claim.secure,
            region=region_of(account_id, holder.session),
        )  # fmt: skip

    def _seal(self, data: str) -> str:
        seal = hmac.new(self._token_key, data.encode("utf-8", "replace"), hashlib.sha256).digest()
        return urlsafe_b64encode(seal).decode().rstrip("=")


def holder_of(principal: Principal) -> Holder:
    """For whom the keys of a principal speak."""
    if principal.kind == ROLE_SESSION:
        return Holder(principal.account_id, role_id=principal.id, session=principal.session)
    return Holder(principal.account_id, None if principal.is_account else principal.id)


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
