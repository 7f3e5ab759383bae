"""Why a claim does not hold: the reasons, which every protocol words in its own way."""

from yunbox.kernel.call import Claim
from yunbox.kernel.errors import Unauthenticated

EXPIRED = "expired"
BAD_SIGNATURE = "bad-signature"
BAD_KEY = "bad-key"
INACTIVE = "inactive-key"
BAD_TOKEN = "bad-token"  # noqa: S105 - a reason
TOKEN_EXPIRED = "token-expired"  # noqa: S105 - a reason
TOKEN_MISSING = "token-missing"  # noqa: S105 - a reason
REPLAYED = "replayed"
MISSING = "missing"


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
