"""What stands in ``options`` of a client that connects."""

import pytest

from yunbox.services.hologres.gateway.options import token_of
from yunbox.wire.pgwire.frontend import Startup


@pytest.mark.parametrize(("options", "token"), [
    ("", ""), ("-c search_path=a", ""), ("sts_token=CAIS+a/b==", "CAIS+a/b=="),
    ("sts_token=CAIS%2Ba%2Fb%3D%3D", "CAIS+a/b=="),
    ("type=fixed sts_token=x -c a=b", "x"), ("-csts_token=x", ""), ("sts_token=", ""),
])  # fmt: skip
def test_the_token_is_found_encoded_or_not(options: str, token: str) -> None:
    """Source: the vendor's page "RAM role authorization mode", which has both."""
    assert token_of(Startup(0, {"options": options})) == token
