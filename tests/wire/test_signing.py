"""What PyODPS signs, driven by its own account classes, against what we say it signs."""

from urllib.parse import quote, urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from odps.accounts import AppAccount, BearerTokenAccount, CloudAccount, StsAccount

from yunbox.kernel.errors import Unauthenticated
from yunbox.wire.odps import signing

ENDPOINT = "http://127.0.0.1:8888/api"
SECRET = "sécret/key"

TARGETS = [
    ("/projects/p/instances", {}),
    ("/projects/p/tables/t?partitions&expectmarker", {"curr_project": "p", "maxitems": "1000", "marker": ""}),
    ("/projects/p/registration%2Ffunctions/f", {"curr_project": "p"}),
    ("/projects/项目/tables/a b", {"partition": "pt='2024-01-01',region='杭 州'"}),
    ("/projects/p/resources/a%20b%2Bc;x.py", {"rOpt": "a+b&c=d%25;e"}),
    ("/projects/p/tables/t?a&b=&a=2&a=3", {"x-odps-param": "later", "b": ["1", "2"]}),
    ("/projects/p/tables/t?data&rowrange=(0,10)", {"downloadid": "x", "columns": "a,b"}),
    ("", {}),
    ("/", {"q": ""}),
]


def prepared(method, path, params, headers=None, data=None):
    request = requests.Request(method, ENDPOINT + path, params=params, headers=headers or {}, data=data)
    return request.prepare()


def received(request):
    """What a server sees of a prepared request."""
    url = urlsplit(request.url)
    target = url.path + (f"?{url.query}" if url.query else "")
    return request.method, target, {k.lower(): v for k, v in request.headers.items()}


@pytest.mark.parametrize(("path", "params"), TARGETS)
@pytest.mark.parametrize("region", [None, "cn-hangzhou"])
def test_pyodps_signature(path, params, region):
    headers = {"x-odps-user-agent": "pyodps/0.13", "x-odps-comment": "a:b", "Content-Type": "application/xml"}
    request = prepared("post", path, params, headers, b"<x/>")
    CloudAccount("ak", SECRET).sign_request(request, ENDPOINT, region_name=region)
    method, target, seen = received(request)
    canonical = signing.canonical_string(method, target, seen)
    claim = signing.parse_authorization(seen["authorization"])
    assert canonical in signing.canonical_strings(method, target, seen)
    assert claim.access_key_id == "ak"
    if region is None:
        assert (claim.version, claim.signature) == ("v2", signing.sign_v2(SECRET, canonical))
    else:
        assert (claim.version, claim.region) == ("v4", region)
        assert claim.signature == signing.sign_v4(SECRET, canonical, claim.date, region)


@given(
    name=st.text(min_size=1, max_size=20).filter(lambda s: s.isprintable()),
    params=st.dictionaries(st.text("abx-odps%+&;= é", min_size=1, max_size=12), st.text(max_size=12), max_size=4),
)
def test_pyodps_signature_of_anything(name, params):
    request = prepared("GET", "/projects/" + quote(name, safe=""), params)
    CloudAccount("ak", SECRET).sign_request(request, ENDPOINT)
    method, target, seen = received(request)
    try:
        canonical = signing.canonical_string(method, target, seen)
    except Unauthenticated:
        return
    assert signing.parse_authorization(seen["authorization"]).signature == signing.sign_v2(SECRET, canonical)


def test_java_signature_of_a_plus():
    """Java decodes once: a value with a plus sign is signed with its plus sign."""
    target = "/api/projects/p/tables/t?partition=a%2Bb&x-odps-y=%251"
    texts = signing.canonical_strings("GET", target, {"date": "d"})
    assert texts == (
        "GET\n\n\nd\nx-odps-y:%1\n/projects/p/tables/t?partition=a b&x-odps-y=%1",
        "GET\n\n\nd\nx-odps-y:%1\n/projects/p/tables/t?partition=a+b&x-odps-y=%1",
    )


def test_endpoint_path_is_stripped_only_whole():
    assert signing.canonical_string("GET", "/apis/x", {}).endswith("/apis/x")
    assert signing.canonical_string("GET", "/api/x", {}, "/api/").endswith("\n/x")
    assert signing.canonical_string("GET", "/x", {}, "").endswith("\n/x")


def test_sts_and_app():
    request = prepared("GET", "/tenants", {})
    StsAccount("ak", SECRET, "token").sign_request(request, ENDPOINT)
    AppAccount("app", "app-secret").sign_request(request, ENDPOINT)
    method, target, seen = received(request)
    assert seen[signing.STS_TOKEN_HEADER] == "token"
    canonical = signing.canonical_string(method, target, seen)
    assert signing.parse_authorization(seen["authorization"]).signature == signing.sign_v2(SECRET, canonical)
    app = signing.parse_app_authentication(seen[signing.APP_HEADER])
    assert (app.access_key_id, app.provider) == ("app", "aliyun")
    assert app.signature == signing.sign_app("app-secret", seen["authorization"])


def test_bearer():
    request = prepared("GET", "/tenants", {})
    BearerTokenAccount("tok").sign_request(request, ENDPOINT)
    _, _, seen = received(request)
    assert seen[signing.BEARER_TOKEN_HEADER] == "tok"
    assert "authorization" not in seen


@pytest.mark.parametrize(
    "header",
    [
        "", "ODPS", "ODPS :", "ODPS ak", "ODPS ak:", "Basic ak:s", "ODPS a/b:s", "ODPS " + "a" * 5000 + ":s",
        "ODPS a/2024/r/odps/aliyun_v4_request:s", "ODPS a/20240101/r/oss/aliyun_v4_request:s",
        "ODPS a/٢٠٢٤٠١٠١/r/odps/aliyun_v4_request:s",
    ],
)  # fmt: skip
def test_bad_authorization(header):
    with pytest.raises(Unauthenticated):
        signing.parse_authorization(header)


@pytest.mark.parametrize("header", ["", "access_id:a,signature:b", "a" * 5000,
    "account_provider:x,signature_method:md5,access_id:a,signature:b"])  # fmt: skip
def test_bad_app_authentication(header):
    with pytest.raises(Unauthenticated):
        signing.parse_app_authentication(header)
