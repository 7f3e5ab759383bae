"""What the smallest statement costs when nothing but the server is measured: signed requests from wrk."""

from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.bench.load import Load, wrk
from yunbox.testing.server import Server
from yunbox.wire.odps.signing import canonical_string, sign_v2

pytestmark = pytest.mark.bench

_BODY = (
    '<?xml version="1.0"?><Instance><Job><Priority>9</Priority><Tasks><SQL><Name>AnonymousSQLTask</Name><Config>'
    "<Property><Name>settings</Name><Value>{}</Value></Property></Config>"
    "<Query><![CDATA[select 1;]]></Query></SQL></Tasks></Job></Instance>"
)


def submit(server: Server, folder: Path, clients: int) -> Load:
    """Statements one after another from some clients; the signature is made once, as it holds for minutes."""
    path = f"/api/projects/{server.project}/instances"
    signed = {"date": formatdate(usegmt=True), "content-type": "application/xml"}
    signature = sign_v2(server.access_key_secret, canonical_string("POST", path, signed))
    headers = {
        "Date": signed["date"],
        "Content-Type": signed["content-type"],
        "Authorization": f"ODPS {server.access_key_id}:{signature}",
    }
    where = urlsplit(server.endpoint)
    url = f"{where.scheme}://{where.netloc}{path}"
    return wrk(server.pid, [url], folder, method="POST", body=_BODY, headers=headers, clients=clients)


@pytest.mark.parametrize("clients", [1, 64])
def test_select_1_by_signed_post(yunbox: Server, tmp_path: Path, report: Callable[[str], None], clients: int) -> None:
    submit(yunbox, tmp_path, clients)  # so that the workers are there
    load = submit(yunbox, tmp_path, clients)
    report(
        f"select 1 by signed POST, clients: {clients}: {load.per_s:.0f}/s, {load.cpu_ms:.2f} ms of server CPU each, "
        f"p50 {load.p50_ms:.1f} ms, p99 {load.p99_ms / load.p50_ms:.1f} times that"
    )
    assert load.failed == 0
    assert load.p99_ms < 4 * load.p50_ms or clients == 1
