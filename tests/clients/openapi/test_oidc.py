"""A role is assumed with the token of an issuer that the account trusts: no key of the account's is anywhere."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oss2
import pytest
from alibabacloud_credentials.client import Client as CredentialClient
from alibabacloud_credentials.models import Config as CredentialConfig
from alibabacloud_ram20150501 import models as m
from alibabacloud_sts20150401 import models as s
from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_tea_openapi.models import Config
from aliyunsdkcore.acs_exception.exceptions import ServerException
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.clients.openapi.clients import Key, account, allow, common, core, failure, policy, ram, sts, trust
from tests.clients.openapi.issuer import Issuer
from yunbox.testing.server import Server

IMS = "2019-08-15"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    made = Issuer(tmp_path_factory.mktemp("issuer"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def provider(server: Server, issuer: Issuer) -> str:
    """The provider's ARN."""
    ask(server, "CreateOIDCProvider", OIDCProviderName="ci", IssuerUrl=issuer.url, ClientIds="yunbox,other",
        Fingerprints=issuer.fingerprint)  # fmt: skip
    return f"acs:ram::{account(server)}:oidc-provider/ci"


@pytest.fixture(scope="module")
def role(server: Server, issuer: Issuer, provider: str) -> str:
    """A role that trusts the issuer's robot."""
    says = {"StringEquals": {"oidc:iss": issuer.url, "oidc:aud": "yunbox"}, "StringLike": {"oidc:sub": "rob*"}}
    client = ram(server)
    arn = client.create_role(
        m.CreateRoleRequest(
            role_name="of-ci", assume_role_policy_document=trust(provider, kind="Federated", Condition=says)
        )
    ).body.role.arn
    client.create_policy(m.CreatePolicyRequest(policy_name="of-ci", policy_document=policy(allow("oss:*"))))
    client.attach_policy_to_role(
        m.AttachPolicyToRoleRequest(policy_type="Custom", policy_name="of-ci", role_name="of-ci")
    )
    return arn


def ask(server: Server, action: str, **query: str) -> dict[str, Any]:
    """The answer of IMS, as the core SDK has it."""
    return json.loads(core(server).do_action_with_exception(common(server, action, IMS, **query)))


def refusal(server: Server, action: str, **query: str) -> str:
    with pytest.raises(ServerException) as caught:
        ask(server, action, **query)
    return caught.value.get_error_code()


def nobody(server: Server) -> Sts:
    """STS's client without any key."""
    return Sts(Config(endpoint=server.endpoints["openapi"].partition("://")[2], protocol="http"))


def asked(provider: str, role: str, token: str, **more: Any) -> s.AssumeRoleWithOIDCRequest:
    return s.AssumeRoleWithOIDCRequest(
        oidcprovider_arn=provider, role_arn=role, oidctoken=token, role_session_name="build", **more
    )


def test_a_token_is_credentials(server: Server, issuer: Issuer, provider: str, role: str) -> None:
    body = nobody(server).assume_role_with_oidc(asked(provider, role, issuer.token())).body
    assert body.assumed_role_user.arn == f"{role}/build"
    info = body.oidctoken_info
    assert (info.issuer, info.subject, info.client_ids) == (issuer.url, "robot", "yunbox")
    key = body.credentials
    auth = oss2.StsAuth(key.access_key_id, key.access_key_secret, key.security_token)
    oss2.Bucket(auth, server.endpoints["oss"], "of-tokens").create_bucket()
    asked_before = issuer.asked
    nobody(server).assume_role_with_oidc(asked(provider, role, issuer.token()))
    assert issuer.asked == asked_before, "the issuer's keys are kept for a while"


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"exp": int(time.time()) - 1}, "AuthenticationFail.OIDCToken.Expired"),
    "of another issuer": ({"iss": "https://elsewhere.example.com"}, "AuthenticationFail.OIDCToken.Invalid"),
    "for somebody else": ({"aud": "somebody"}, "AuthenticationFail.OIDCToken.Invalid"),
    "without a subject": ({"sub": None}, "AuthenticationFail.OIDCToken.Invalid"),
    "from the future": ({"iat": int(time.time()) + 3600}, "AuthenticationFail.OIDCToken.Invalid"),
    "of long ago": ({"iat": int(time.time()) - 13 * 3600}, "AuthenticationFail.OIDCToken.Invalid"),
    "of whom the role does not trust": ({"sub": "human"}, "AuthenticationFail.NoPermission"),
    "for a client that the role does not trust": ({"aud": "other"}, "AuthenticationFail.NoPermission"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_token_that_does_not_hold(server: Server, issuer: Issuer, provider: str, role: str, fault: str) -> None:
    claims, code = FAULTS[fault]
    error = failure(nobody(server).assume_role_with_oidc, asked(provider, role, issuer.token(**claims)))
    assert error.code == code, error.message


def test_a_token_that_others_signed(server: Server, issuer: Issuer, provider: str, role: str) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb2JvdCJ9."
    for token in (issuer.token(other), unsigned, "x.y.z", "x" * 30_000):
        error = failure(nobody(server).assume_role_with_oidc, asked(provider, role, token))
        assert error.code in ("AuthenticationFail.OIDCToken.Invalid", "InvalidParameter.OIDCToken")


def test_an_issuer_with_another_certificate_is_another(server: Server, issuer: Issuer, role: str) -> None:
    ask(server, "CreateOIDCProvider", OIDCProviderName="forged", IssuerUrl=issuer.url, ClientIds="yunbox",
        Fingerprints="0" * 40)  # fmt: skip
    arn = f"acs:ram::{account(server)}:oidc-provider/forged"
    error = failure(nobody(server).assume_role_with_oidc, asked(arn, role, issuer.token()))
    assert error.code == "AuthenticationFail.OIDCToken.Invalid"
    assert "fingerprint" in error.message


def test_providers_are_managed(server: Server, issuer: Issuer, provider: str) -> None:
    found = ask(server, "GetOIDCProvider", OIDCProviderName="ci")["OIDCProvider"]
    assert (found["Arn"], found["ClientIds"], found["IssuanceLimitTime"]) == (provider, "yunbox,other", 12)
    more = ask(server, "AddClientIdToOIDCProvider", OIDCProviderName="ci", ClientId="third")["OIDCProvider"]
    assert more["ClientIds"] == "yunbox,other,third"
    ask(server, "RemoveClientIdFromOIDCProvider", OIDCProviderName="ci", ClientId="third")
    assert refusal(server, "CreateOIDCProvider", OIDCProviderName="ci", IssuerUrl=issuer.url, ClientIds="a",
                   Fingerprints=issuer.fingerprint) == "EntityAlreadyExists.OIDCProvider"  # fmt: skip
    for wrong in ("http://127.0.0.1", "https://", "https://u@h", "https://h?q=1"):
        assert refusal(server, "CreateOIDCProvider", OIDCProviderName="bad", IssuerUrl=wrong, ClientIds="a",
                       Fingerprints=issuer.fingerprint) == "InvalidParameter.IssuerUrl"  # fmt: skip
    ask(server, "CreateOIDCProvider", OIDCProviderName="gone", IssuerUrl=issuer.url, ClientIds="a",
        Fingerprints=issuer.fingerprint.upper())  # fmt: skip
    names = [one["OIDCProviderName"] for one in ask(server, "ListOIDCProviders")["OIDCProviders"]["OIDCProvider"]]
    assert {"ci", "gone"} <= set(names)
    ask(server, "DeleteOIDCProvider", OIDCProviderName="gone")
    assert refusal(server, "GetOIDCProvider", OIDCProviderName="gone") == "EntityNotExist.OIDCProvider"


def test_saml_is_refused_by_name(server: Server, role: str) -> None:
    other = "acs:ram::1:saml-provider/x"
    request = s.AssumeRoleWithSAMLRequest(role_arn=role, samlprovider_arn=other, samlassertion="x")
    error = failure(nobody(server).assume_role_with_saml, request)
    assert (error.code, "AssumeRoleWithSAML" in error.message) == ("InvalidAction.NotFound", True)


def test_the_vendor_s_credentials_library_does_it_alone(
    server: Server, issuer: Issuer, provider: str, role: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text(issuer.token())
    config = CredentialConfig(
        type="oidc_role_arn", role_arn=role, oidc_provider_arn=provider, oidc_token_file_path=str(file),
        role_session_name="library", sts_endpoint=server.endpoints["openapi_tls"].partition("://")[2],
    )  # fmt: skip
    monkeypatch.setenv("SSL_CERT_FILE", str(server.data / "tls" / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.data / "tls" / "ca.pem"))
    found = CredentialClient(config).get_credential()
    key = Key(found.access_key_id, found.access_key_secret, found.security_token)
    who = sts(server, key).get_caller_identity().body
    assert who.arn.endswith(":assumed-role/of-ci/library")
