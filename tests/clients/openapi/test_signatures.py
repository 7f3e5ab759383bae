"""Every style of signing: what holds, and with which code each fault is refused.

The codes are those of the vendor's "Common error codes"; the RPC style's SDK compares the text in the message with its
own, and tells a wrong secret from a wrong request by it.
"""

import json
import xml.etree.ElementTree as ET

import pytest
import requests
from alibabacloud_ram20150501 import models as m
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkram.request.v20150501.GetUserRequest import GetUserRequest
from aliyunsdksts.request.v20150401.GetCallerIdentityRequest import GetCallerIdentityRequest

from tests.clients.openapi.clients import Key, account, assume, common, core, new_user, ram, trust
from tests.clients.openapi.signed import ACS3, ROA, RPC, Signed
from yunbox.testing.server import Server

STYLES = (ACS3, RPC, ROA)
QUARTER_S = 15 * 60


@pytest.fixture(scope="module")
def user(server: Server) -> Key:
    return new_user(server, "signer")


@pytest.fixture(scope="module")
def session(server: Server) -> Key:
    """A role's session."""
    caller = new_user(server, "assumer", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    arn = (
        ram(server)
        .create_role(
            m.CreateRoleRequest(
                role_name="signing",
                assume_role_policy_document=trust(f"acs:ram::{account(server)}:user/assumer"),
            )
        )
        .body.role.arn
    )
    return assume(server, caller, arn)


def signed(server: Server, key: Key, **more: object) -> Signed:
    return Signed(server.endpoints["openapi"], key.id, key.secret, key.token, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("style", STYLES)
def test_who_signs_is_known(server: Server, user: Key, session: Key, style: str) -> None:
    assert signed(server, user).send(style)[1]["Arn"].endswith(":user/signer")
    assert signed(server, session).send(style)[1]["Arn"].endswith(":assumed-role/signing/session")


FAULTS = {
    "a wrong secret": ({"secret": "wrong"}, 400, "SignatureDoesNotMatch"),
    "a key of nobody": ({"key_id": "LTAI5tNoSuchKeyNoSuchKe1"}, 404, "InvalidAccessKeyId.NotFound"),
    "an old date": ({"late": -QUARTER_S - 60}, 400, "InvalidTimeStamp.Expired"),
    "a date to come": ({"late": QUARTER_S + 60}, 400, "InvalidTimeStamp.Expired"),
    "a parameter that is not signed": ({"sent_query": {"RegionId": "x"}}, 400, "SignatureDoesNotMatch"),
    "another action": ({"action": "GetUser", "version": "2015-05-01"}, 400, "MissingUserName"),
    "no such action": ({"action": "PaintUser"}, 404, "InvalidAction.NotFound"),
    "no such version": ({"version": "1999-01-01"}, 400, "InvalidVersion"),
    "no version": ({"version": ""}, 400, "MissingVersion"),
    "a token of nobody": ({"token": "nobody"}, 400, "InvalidSecurityToken.MismatchWithAccessKey"),
    "a parameter unknown to it": ({"query": {"Colour": "red"}}, 400, "InvalidParameter.Colour"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("style", STYLES)
def test_faults(server: Server, user: Key, style: str, fault: str) -> None:
    changes, status, code = FAULTS[fault]
    made = signed(server, user)
    for name, value in changes.items():
        if name == "late":
            made.at += value
        else:
            setattr(made, name, value)
    found, body = made.send(style)
    assert (found, body["Code"]) == (status, code), body
    assert {"RequestId", "HostId", "Code", "Message", "Recommend"} <= set(body)


@pytest.mark.parametrize("style", STYLES)
def test_a_request_is_taken_once(server: Server, user: Key, style: str) -> None:
    made = signed(server, user)
    again = signed(server, user, at=made.at, nonce=made.nonce)
    assert made.send(style)[0] == 200
    status, body = again.send(style)
    assert (status, body["Code"]) == (400, "SignatureNonceUsed")


@pytest.mark.parametrize("style", STYLES)
def test_a_disabled_key(server: Server, style: str) -> None:
    name = f"disabled-{style}"
    key = new_user(server, name)
    assert signed(server, key).send(style)[0] == 200
    change = m.UpdateAccessKeyRequest(user_name=name, user_access_key_id=key.id, status="Inactive")
    ram(server).update_access_key(change)
    assert signed(server, key).send(style)[1]["Code"] == "InvalidAccessKeyId.Inactive"


@pytest.mark.parametrize("style", STYLES)
def test_a_session_needs_its_own_token(server: Server, user: Key, session: Key, style: str) -> None:
    bare = Key(session.id, session.secret)
    assert signed(server, bare).send(style)[1]["Code"] == "MissingSecurityToken"
    foreign = Key(user.id, user.secret, session.token)
    assert signed(server, foreign).send(style)[1]["Code"] == "InvalidSecurityToken.MismatchWithAccessKey"


@pytest.mark.parametrize("style", [ACS3, ROA])
def test_the_body_is_the_one_that_was_signed(server: Server, user: Key, style: str) -> None:
    form = b"UserName=signer"
    made = signed(server, user, body=form, sent_body=b"UserName=another")
    assert made.send(style)[1]["Code"] == "SignatureDoesNotMatch"


def test_roa_without_a_digest_of_the_body(server: Server, user: Key) -> None:
    """The vendor's SDK for Go sends none; and one that was signed cannot be left out on the way."""
    assert signed(server, user, body=b"{}", leave_out=("content-md5",)).send(ROA)[0] == 200
    made = signed(server, user, body=b"{}", leave_out=("content-md5",))
    made.more_headers = {"content-md5": "mZFLkyvTelC5g8XnyQrpOw=="}
    assert made.send(ROA)[1]["Code"] == "SignatureDoesNotMatch"


@pytest.mark.parametrize("left_out", ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date"])
def test_acs3_signs_the_host_and_all_of_the_vendor_s_headers(server: Server, user: Key, left_out: str) -> None:
    assert signed(server, user, leave_out=(left_out,)).send(ACS3)[1]["Code"] == "IncompleteSignature"


@pytest.mark.parametrize(
    ("left_out", "code"),
    [
        ("SignatureNonce", "MissingSignatureNonce"), ("Timestamp", "MissingTimestamp"),
        ("AccessKeyId", "MissingAccessKeyId"), ("SignatureMethod", "MissingSignatureMethod"),
        ("Action", "MissingAction"), ("Version", "MissingVersion"),
    ],
)  # fmt: skip
def test_what_the_rpc_style_needs(server: Server, user: Key, left_out: str, code: str) -> None:
    assert signed(server, user, leave_out=(left_out,)).send(RPC)[1]["Code"] == code


def test_nothing_is_done_for_who_does_not_sign(server: Server) -> None:
    body = requests.get(
        server.endpoints["openapi"], {"Action": "GetCallerIdentity", "Version": "2015-04-01"}, timeout=10
    ).json()
    assert body["Code"] == "MissingAccessKeyId"


def test_a_parameter_that_is_given_twice_is_refused(server: Server, user: Key) -> None:
    made = signed(server, user, query={"RegionId": "a"}, body=b"RegionId=b")
    made.more_headers = {"content-type": "application/x-www-form-urlencoded"}
    assert made.send(ACS3)[1]["Code"] == "InvalidParameter.RegionId"


def test_a_hundred_wrong_signatures_lock_nobody_out(server: Server, user: Key) -> None:
    for _ in range(100):
        assert signed(server, Key(user.id, "wrong")).send(ACS3)[1]["Code"] == "SignatureDoesNotMatch"
    assert signed(server, user).send(ACS3)[0] == 200


# -- the core SDK


def test_the_core_sdk_in_the_rpc_style(server: Server, user: Key) -> None:
    request = GetCallerIdentityRequest()
    request.set_endpoint(server.endpoints["openapi"].partition("://")[2])
    request.set_protocol_type("http")
    found = json.loads(core(server, user).do_action_with_exception(request))
    assert found["IdentityType"] == "RAMUser"
    plain = core(server).do_action_with_exception(common(server, "GetUser", UserName="signer"))
    assert json.loads(plain)["User"]["UserName"] == "signer"


def test_the_core_sdk_knows_a_wrong_secret_from_a_wrong_request(server: Server, user: Key) -> None:
    request = GetUserRequest()
    request.set_endpoint(server.endpoints["openapi"].partition("://")[2])
    request.set_protocol_type("http")
    request.set_UserName("signer")
    with pytest.raises(ServerException) as caught:
        core(server, Key(user.id, "wrong")).do_action_with_exception(request)
    assert caught.value.get_error_code() == "InvalidAccessKeySecret"


@pytest.mark.parametrize("format_", [None, "XML"])
def test_the_rpc_style_answers_in_xml_where_nobody_asks_for_json(server: Server, format_: str | None) -> None:
    key = Key(server.access_key_id, server.access_key_secret)

    def asked(**query: str) -> ET.Element:
        made = signed(server, key, action="ListUsers", version="2015-05-01", leave_out=("Format",) * (format_ is None))
        made.query = {**query, **({"Format": format_} if format_ else {})}
        made.send(RPC)
        return ET.fromstring(made.raw)

    root = asked()
    assert root.tag == "ListUsersResponse"
    assert "signer" in [one.findtext("UserName") for one in root.findall("Users/User")]
    root = asked(MaxItems="5000")
    assert (root.tag, root.findtext("Code")) == ("Error", "InvalidParameter.MaxItems")
