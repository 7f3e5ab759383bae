"""The example service: a declaration and one line are all the house needs, and every call goes the whole path."""

import asyncio
import hashlib
import http.client
import json
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from yunbox.identity.directory import attachments, keys, policies, users
from yunbox.identity.directory.realm import Directory, Realm
from yunbox.identity.schema import IDENTITY_SCHEMA
from yunbox.identity.store import CUSTOM, AccessKey, IdentityStore
from yunbox.kernel.clock import SystemClock
from yunbox.server import services
from yunbox.server.boot import Ready, running
from yunbox.server.folder import read_credentials
from yunbox.spine.house import Settings
from yunbox.storage.database import Database
from yunbox.wire.openapi.signing import ALGORITHM, sign, text_to_sign

HERE = Path(__file__).parent
LINES_MAX = 350
VERSION = "2026-11-28"


class Running:
    """A server with the example among its services, and a client that signs as the vendor's SDKs do."""

    def __init__(self, data: Path, ready: Ready) -> None:
        self.data = data
        self.url = urlsplit(ready.endpoints["openapi"])
        self.account_id = ready.account_id
        found = read_credentials(data) or {}
        self.key = found["access_key_id"], found["access_key_secret"]

    def ask(self, action: str, key: tuple[str, str] | None = None, loose: str = "", **query: str) -> dict[str, Any]:
        """The answer to an action; with ``loose``, a header is sent that the signature does not cover."""
        key_id, secret = key or self.key
        headers = {
            "host": self.url.netloc,
            "x-acs-action": action,
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "x-acs-signature-nonce": str(time.time_ns()),
            "x-acs-version": VERSION,
        }
        signed = ";".join(sorted(headers))
        signature = sign(secret, text_to_sign("POST", "/", query.items(), headers, signed))
        authorization = f"{ALGORITHM} Credential={key_id},SignedHeaders={signed},Signature={signature}"
        target = "/?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
        more = {loose: "1"} if loose else {}
        connection = http.client.HTTPConnection(self.url.hostname or "", self.url.port, timeout=30)
        connection.request("POST", target, headers={**headers, **more, "Authorization": authorization})
        response = connection.getresponse()
        body = json.loads(response.read())
        assert body["RequestId"] == response.headers["x-acs-request-id"]
        connection.close()
        return body

    def user(self, *statements: dict[str, Any]) -> tuple[str, str]:
        """The key of a RAM user with these rights."""
        database = Database(self.data / "meta.db", IDENTITY_SCHEMA)
        store = IdentityStore(database, SystemClock())
        document = json.dumps({"Version": "1", "Statement": list(statements)})

        def made(realm: Realm) -> AccessKey:
            user = users.create(realm, f"u{time.time_ns()}")
            policies.create(realm, user.name, document)
            attachments.attach(realm, attachments.USER, user.name, CUSTOM, user.name)
            return keys.create(realm, user.id)

        key = Directory(store, self.account_id).change_sync(made)
        database.close()
        return key.id, key.secret


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("example")
    ready: list[Ready] = []
    started, stop = threading.Event(), threading.Event()

    async def run() -> None:
        async with running(Settings(data, services=("contacts", "openapi")), SystemClock()) as found:
            ready.append(found)
            started.set()
            await asyncio.to_thread(stop.wait)

    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(HERE)
        patch.setattr(services, "SERVICES", (*services.SERVICES, "contacts"))  # the one line
        from contacts import declaration

        patch.setitem(sys.modules, "yunbox.services.contacts.declaration", declaration)
        patch.setitem(sys.modules, "yunbox.services.contacts", sys.modules["contacts"])
        thread = threading.Thread(target=lambda: asyncio.run(run()))
        thread.start()
        assert started.wait(60)
        yield Running(data, ready[0])
        stop.set()
        thread.join(60)


def test_it_is_small() -> None:
    counts = [len(path.read_text().splitlines()) for path in (HERE / "contacts").glob("*.py")]
    assert sum(counts) <= LINES_MAX


def test_all_ten_operations(server: Running) -> None:
    for name in ("ann", "bob", "cyd"):
        assert set(server.ask("CreateContact", Name=name, Mail=f"{name}@example.com")) == {"RequestId"}
    server.ask("ModifyContact", Name="bob", Mail="b@example.com", Note="deputy & friend")
    found = server.ask("GetContact", Name="bob")
    assert (found["Mail"], found["Note"]) == ("b@example.com", "deputy & friend")
    first = server.ask("ListContacts", MaxResults="2")
    second = server.ask("ListContacts", MaxResults="2", NextToken=first["NextToken"])
    assert [item["Name"] for page in (first, second) for item in page["Contacts"]] == ["ann", "bob", "cyd"]
    server.ask("PutContactGroup", **{"Name": "night", "Members.1": "ann"})
    server.ask("AddContactToGroup", Name="night", Contact="bob")
    assert server.ask("GetContactGroup", Name="night")["Members"] == ["ann", "bob"]
    assert server.ask("DeleteContact", Name="bob")["Code"] == "ResourceInUse"
    assert [group["Name"] for group in server.ask("ListContactGroups")["Groups"]] == ["night"]
    server.ask("DeleteContactGroup", Name="night")
    server.ask("DeleteContact", Name="bob")
    assert server.ask("GetContact", Name="bob")["Code"] == "ResourceNotFound"


@pytest.mark.parametrize(
    ("action", "query", "code"),
    [
        ("CreateContact", {"Name": "x"}, "MissingMail"),
        ("CreateContact", {"Name": "x", "Mail": "nowhere"}, "InvalidParameter.Mail"),
        ("CreateContact", {"Name": "x", "Mail": "x@y", "Colour": "red"}, "InvalidParameter.Colour"),
        ("ListContacts", {"MaxResults": "many"}, "InvalidParameter.MaxResults"),
        ("ListContacts", {"MaxResults": "0"}, "InvalidParameter.MaxResults"),
        ("PaintContact", {}, "InvalidAction.NotFound"),
    ],
)
def test_what_is_wrong_is_named(server: Running, action: str, query: dict[str, str], code: str) -> None:
    assert server.ask(action, **query)["Code"] == code


def test_every_call_is_identified_and_authorised(server: Running) -> None:
    assert server.ask("ListContacts", key=(server.key[0], "wrong"))["Code"] == "SignatureDoesNotMatch"
    assert server.ask("ListContacts", key=("nobody", "wrong"))["Code"] == "InvalidAccessKeyId.NotFound"
    key = server.user({"Effect": "Allow", "Action": "example:Get*", "Resource": "acs:example:*:*:contacts/eve"})
    server.ask("CreateContact", Name="eve", Mail="eve@example.com")
    assert server.ask("GetContact", key=key, Name="eve")["Mail"] == "eve@example.com"
    assert server.ask("GetContact", key=key, Name="ann")["Code"] == "NoPermission"
    assert server.ask("DeleteContact", key=key, Name="eve")["Code"] == "NoPermission"


def test_a_header_that_the_signature_does_not_cover_is_refused(server: Running) -> None:
    assert server.ask("ListContacts", loose="x-acs-parent-id")["Code"] == "IncompleteSignature"


def test_what_was_managed_is_in_the_audit_trail(server: Running) -> None:
    server.ask("CreateContact", Name="zoe", Mail="zoe@example.com")
    (path,) = (server.data / "logs" / "audit").iterdir()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert any((line["operation"], line.get("resources")) == ("CreateContact", ["contacts/zoe"]) for line in lines)
