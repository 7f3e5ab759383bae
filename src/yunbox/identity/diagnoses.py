"""Diagnoses of denials as they travel: sealed for an account, so that a client carries what it cannot read."""

import json
from collections.abc import Mapping
from typing import Any

from yunbox.identity.sealing import Seal
from yunbox.kernel.errors import InvalidArgument, Unavailable


class Diagnoses:
    """Seals and opens what a denial was."""

    def __init__(self, seal: Seal) -> None:
        self._seal = seal

    def encoded(self, account_id: str, body: Mapping[str, Any]) -> str:
        """A diagnosis that nobody but this account may have decoded."""
        return self._seal.sealed(_owner(account_id), json.dumps(body)).partition(":")[2]

    def decoded(self, account_id: str, text: str) -> dict[str, Any]:
        """The diagnosis again. Raises InvalidArgument for one that is none, or another account's."""
        try:
            return json.loads(self._seal.opened(_owner(account_id), text))
        except (ValueError, Unavailable):
            told = "EncodedDiagnosticMessage is none that was made here for this account."
            raise InvalidArgument(told, code="InvalidParameter.EncodedDiagnosticMessage") from None


def _owner(account_id: str) -> str:
    return f"diagnosis/{account_id}"
