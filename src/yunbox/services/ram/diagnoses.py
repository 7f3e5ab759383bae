"""What a denial was, from what its answer carried. Source: the vendor's API page "DecodeDiagnosticMessage"."""

from dataclasses import dataclass

from yunbox.identity.diagnoses import Diagnoses
from yunbox.identity.directory.realm import Realm
from yunbox.services.ram.service import EVERYTHING, Body, reads


@dataclass(frozen=True)
class Encoded:
    """A diagnosis as an answer's AccessDeniedDetail has it."""

    encoded_diagnostic_message: str


def _decode(realm: Realm, params: Encoded) -> Body:
    found = Diagnoses(realm.seal).decoded(realm.account_id, params.encoded_diagnostic_message)
    return {"DecodedDiagnosticMessage": found}


ROUTES = (reads("DecodeDiagnosticMessage", Encoded, _decode, EVERYTHING),)
