"""How a client proves its password: what it answers to each request of the server.

SCRAM-SHA-256, and a server that proves nothing in its turn is not believed; a password in clear is sent to nobody.
Source: the PostgreSQL documentation, "SASL Authentication".
"""

from scramp import ScramClient, ScramException

from yunbox.wire.pgwire.client import requests
from yunbox.wire.pgwire.client.answers import Authentication
from yunbox.wire.pgwire.report import PgError, Report

MECHANISM = "SCRAM-SHA-256"
_OK, _SASL, _CONTINUE, _FINAL = 0, 10, 11, 12


class Login:
    """One exchange."""

    def __init__(self, user: str, password: str) -> None:
        self._client = ScramClient([MECHANISM], user, password)
        self._is_proven = False
        self.is_over = False

    def answer(self, asked: Authentication) -> bytes:
        """What is to be sent, perhaps nothing. Raises PgError 28000 where one cannot agree."""
        try:
            return self._answer(asked)
        except (ScramException, UnicodeDecodeError):
            raise _failed("the server's part of the SCRAM exchange is wrong") from None

    def _answer(self, asked: Authentication) -> bytes:
        if asked.code == _SASL and MECHANISM in asked.mechanisms:
            return requests.sasl_initial(MECHANISM, self._client.get_client_first().encode())
        if asked.code == _CONTINUE:
            self._client.set_server_first(asked.data.decode())
            return requests.sasl_response(self._client.get_client_final().encode())
        if asked.code == _FINAL:
            self._client.set_server_final(asked.data.decode())
            self._is_proven = True
            return b""
        if asked.code == _OK and self._is_proven:
            self.is_over = True
            return b""
        raise _failed(f"the server wants another proof of a password than {MECHANISM}")


def _failed(message: str) -> PgError:
    return PgError(Report("FATAL", "28000", message))
