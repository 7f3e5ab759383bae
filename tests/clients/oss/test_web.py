"""What browsers meet: CORS, hotlink protection and static websites, set with oss2 and asked for over plain HTTP."""

import oss2
import pytest
import requests
from oss2 import models

from yunbox.testing.server import Server

PAGE = "https://shop.example.com"

pytestmark = pytest.mark.public


@pytest.fixture
def public(bucket: oss2.Bucket) -> oss2.Bucket:
    """A bucket that anyone may read."""
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ)
    return bucket


@pytest.fixture
def at(oss_url: str, bucket: oss2.Bucket) -> str:
    """Where the bucket is."""
    return f"{oss_url}/{bucket.bucket_name}"


def allow(bucket: oss2.Bucket, vary: bool | None = None, **rule: object) -> None:
    fields = {"allowed_origins": [PAGE], "allowed_methods": ["GET", "PUT"], **rule}
    cors = models.BucketCors([models.CorsRule(**fields)])
    if vary is not None:
        cors.response_vary = vary
    bucket.put_bucket_cors(cors)


def ask(url: str, method: str = "PUT", headers: str = "", origin: str = PAGE) -> requests.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        asked["Access-Control-Request-Headers"] = headers
    return requests.options(url, headers=asked, timeout=10)


def code(answer: requests.Response) -> str:
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]


# -- CORS


def test_a_preflight_needs_no_signature(bucket: oss2.Bucket, at: str) -> None:
    allow(bucket, allowed_headers=["x-oss-*"], expose_headers=["x-oss-test", "ETag"], max_age_seconds=7)
    answer = ask(f"{at}/secret", headers="x-oss-meta-a, X-OSS-Meta-B")
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    assert "x-oss-meta-b" in answer.headers["Access-Control-Allow-Headers"].lower()
    assert answer.headers["Access-Control-Expose-Headers"].replace(" ", "") == "x-oss-test,ETag"
    assert answer.headers["Access-Control-Max-Age"] == "7"


@pytest.mark.parametrize(
    ("method", "headers", "origin"),
    [("DELETE", "", PAGE), ("PUT", "x-other", PAGE), ("PUT", "", "https://elsewhere.example.com")],
)
def test_a_preflight_that_no_rule_fits_is_refused(
    bucket: oss2.Bucket, at: str, method: str, headers: str, origin: str
) -> None:
    allow(bucket, allowed_headers=["x-oss-*"])
    answer = ask(f"{at}/key", method, headers, origin)
    assert (answer.status_code, code(answer)) == (403, "AccessForbidden")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_without_rules_every_preflight_is_refused(bucket: oss2.Bucket, at: str) -> None:
    answer = ask(f"{at}/key")
    assert (answer.status_code, code(answer)) == (403, "AccessForbidden")
    assert "not enabled" in answer.text


def test_a_preflight_of_a_missing_bucket(oss_url: str) -> None:
    answer = ask(f"{oss_url}/no-such-bucket/key")
    assert (answer.status_code, code(answer)) == (404, "NoSuchBucket")


def test_a_preflight_of_a_signed_url_passes(bucket: oss2.Bucket) -> None:
    allow(bucket)
    assert ask(bucket.sign_url("PUT", "key", 60)).status_code == 200


def test_answers_say_which_page_may_read_them(public: oss2.Bucket, at: str) -> None:
    public.put_object("key", b"hello")
    allow(public, allowed_origins=["https://*.example.com"], expose_headers=["ETag"])
    answer = requests.get(f"{at}/key", headers={"Origin": PAGE}, timeout=10)
    assert answer.content == b"hello"
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert answer.headers["Access-Control-Expose-Headers"] == "ETag"
    missing = requests.get(f"{at}/missing", headers={"Origin": PAGE}, timeout=10)
    assert missing.status_code == 404
    assert missing.headers["Access-Control-Allow-Origin"] == PAGE
    other = requests.get(f"{at}/key", headers={"Origin": "https://example.org"}, timeout=10)
    assert other.status_code == 200
    assert "Access-Control-Allow-Origin" not in other.headers
    assert "Access-Control-Allow-Origin" not in requests.get(f"{at}/key", timeout=10).headers


def test_any_origin_is_a_star(public: oss2.Bucket, at: str) -> None:
    public.put_object("key", b"")
    allow(public, allowed_origins=["*"])
    assert requests.get(f"{at}/key", headers={"Origin": PAGE}, timeout=10).headers["Access-Control-Allow-Origin"] == "*"


def test_vary_is_told_when_it_is_asked_for(public: oss2.Bucket, at: str, server, oss_url: str) -> None:
    public.put_object("key", b"")
    document = (
        "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>"
        "<ResponseVary>true</ResponseVary></CORSConfiguration>"
    )
    url = f"{oss_url}/{public.bucket_name}?cors"
    public._do("PUT", public.bucket_name, "", data=document, params={"cors": ""})
    assert requests.get(f"{at}/key", timeout=10).headers["Vary"] == "Origin", url
    public.delete_bucket_cors()
    assert "Vary" not in requests.get(f"{at}/key", timeout=10).headers


# -- hotlink protection


def got(url: str, referer: str | None = None) -> int:
    return requests.get(url, headers={"Referer": referer} if referer is not None else {}, timeout=10).status_code


def test_a_white_list_is_matched_by_its_beginning(public: oss2.Bucket, at: str) -> None:
    public.put_object("key", b"")
    public.put_bucket_referer(
        models.BucketReferer(False, ["http://www.example.com", "http://*.example.org", "http://a?.net"])
    )
    url = f"{at}/key"
    assert got(url) == 403
    assert got(url, "http://www.example.com/some/page.html") == 200
    assert got(url, "http://www.example.com.cn") == 200
    assert got(url, "https://www.example.com") == 403
    assert got(url, "http://shop.example.org/x") == 200
    assert got(url, "http://ab.net/") == 200
    assert got(url, "http://abc.net/") == 403
    denied = requests.get(url, timeout=10)
    assert code(denied) == "AccessDenied"
    assert "referer policy" in denied.text


def test_signed_urls_are_asked_and_signed_headers_are_not(bucket: oss2.Bucket) -> None:
    bucket.put_object("key", b"x")
    bucket.put_bucket_referer(models.BucketReferer(False, ["http://www.example.com"]))
    assert bucket.get_object("key").read() == b"x"
    url = bucket.sign_url("GET", "key", 60)
    assert got(url) == 403
    assert got(url, "http://www.example.com/") == 200


def test_an_empty_referer_may_be_allowed(public: oss2.Bucket, at: str) -> None:
    public.put_object("key", b"")
    public.put_bucket_referer(models.BucketReferer(True, ["http://www.example.com"]))
    assert got(f"{at}/key") == 200
    assert got(f"{at}/key", "http://elsewhere.example.com") == 403


def test_no_list_is_no_check(public: oss2.Bucket, at: str) -> None:
    public.put_object("key", b"")
    public.put_bucket_referer(models.BucketReferer(False, []))
    assert got(f"{at}/key") == 200


def put_referers(bucket: oss2.Bucket, inner: str) -> None:
    document = f"<RefererConfiguration><AllowEmptyReferer>true</AllowEmptyReferer>{inner}</RefererConfiguration>"
    bucket._do("PUT", bucket.bucket_name, "", data=document, params={"referer": ""})


def test_a_black_list_wins(public: oss2.Bucket, at: str) -> None:
    public.put_object("key", b"")
    put_referers(
        public,
        "<RefererList><Referer>*</Referer></RefererList>"
        "<RefererBlacklist><Referer>http*://*.thief.com</Referer></RefererBlacklist>",
    )
    assert got(f"{at}/key", "https://www.thief.com/page") == 403
    assert got(f"{at}/key", "https://www.example.com/page") == 200


def test_the_query_of_a_referer_counts_when_it_is_asked_for(public: oss2.Bucket, at: str) -> None:
    public.put_object("key", b"")
    listed = "<RefererList><Referer>http://www.example.com/*token=1</Referer></RefererList>"
    put_referers(public, f"<AllowTruncateQueryString>false</AllowTruncateQueryString>{listed}")
    assert got(f"{at}/key", "http://www.example.com/?token=1") == 200
    put_referers(public, f"<AllowTruncateQueryString>true</AllowTruncateQueryString>{listed}")
    assert got(f"{at}/key", "http://www.example.com/?token=1") == 403


# -- websites


@pytest.fixture
def site(public: oss2.Bucket) -> oss2.Bucket:
    """A bucket with pages."""
    pages = {"index.html": b"home", "error.html": b"oops", "blog/index.html": b"blog", "blog/first": b"post"}
    for key, page in pages.items():
        public.put_object(key, page, headers={"Content-Type": "text/html"})
    return public


def put_site(bucket: oss2.Bucket, inner: str) -> None:
    document = f"<WebsiteConfiguration>{inner}</WebsiteConfiguration>"
    bucket._do("PUT", bucket.bucket_name, "", data=document, params={"website": ""})


def visit(url: str, **kwargs: object) -> requests.Response:
    return requests.get(url, timeout=10, allow_redirects=False, **kwargs)


def test_the_root_is_the_home_page(site: oss2.Bucket, at: str) -> None:
    site.put_bucket_website(models.BucketWebsite("index.html", "error.html"))
    answer = visit(f"{at}/")
    assert (answer.status_code, answer.content) == (200, b"home")
    assert answer.headers["Content-Type"] == "text/html"
    assert requests.head(f"{at}/", timeout=10).headers["Content-Length"] == "4"
    assert next(item.key for item in oss2.ObjectIterator(site)) == "blog/first"  # a client with a key gets its list


def test_what_is_missing_is_the_error_page(site: oss2.Bucket, at: str) -> None:
    site.put_bucket_website(models.BucketWebsite("index.html", "error.html"))
    answer = visit(f"{at}/missing", headers={"Range": "bytes=1-2"})
    assert (answer.status_code, answer.content) == (404, b"oops")
    with pytest.raises(oss2.exceptions.NoSuchKey):
        site.get_object("missing")


def test_the_error_page_has_the_status_it_is_given(site: oss2.Bucket, at: str) -> None:
    put_site(site, "<ErrorDocument><Key>error.html</Key><HttpStatus>200</HttpStatus></ErrorDocument>")
    answer = visit(f"{at}/missing")
    assert (answer.status_code, answer.content) == (200, b"oops")


def test_a_missing_error_page_is_the_plain_error(site: oss2.Bucket, at: str) -> None:
    site.put_bucket_website(models.BucketWebsite("index.html", "none.html"))
    answer = visit(f"{at}/missing")
    assert (answer.status_code, code(answer)) == (404, "NoSuchKey")


def test_a_private_bucket_shows_no_pages(site: oss2.Bucket, at: str) -> None:
    site.put_bucket_website(models.BucketWebsite("index.html", "error.html"))
    site.put_bucket_acl(oss2.BUCKET_ACL_PRIVATE)
    for path in ("/", "/missing", "/blog/"):
        answer = visit(at + path)
        assert (answer.status_code, code(answer)) == (403, "AccessDenied")
    site.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ)
    site.put_object_acl("error.html", oss2.OBJECT_ACL_PRIVATE)
    assert code(visit(f"{at}/missing")) == "NoSuchKey"


def index(nested: str, kind: str = "") -> str:
    extra = f"<Type>{kind}</Type>" if kind else ""
    return f"<IndexDocument><Suffix>index.html</Suffix><SupportSubDir>{nested}</SupportSubDir>{extra}</IndexDocument>"


def test_folders_have_home_pages_of_their_own_or_share_the_root(site: oss2.Bucket, at: str) -> None:
    put_site(site, index("true"))
    assert visit(f"{at}/blog/").content == b"blog"
    put_site(site, index("false"))
    assert visit(f"{at}/blog/").content == b"home"
    assert visit(f"{at}/blog").status_code == 404


@pytest.mark.parametrize(("kind", "status"), [("", 302), ("0", 302), ("1", 404), ("2", 200)])
def test_a_folder_without_its_slash(site: oss2.Bucket, at: str, kind: str, status: int) -> None:
    put_site(site, index("true", kind))
    answer = visit(f"{at}/blog")
    assert answer.status_code == status
    if status == 302:
        assert requests.get(f"{at}/blog", timeout=10).content == b"blog"
    if status == 200:
        assert answer.content == b"blog"


def rule(number: int, condition: str, redirect: str) -> str:
    return (
        f"<RoutingRule><RuleNumber>{number}</RuleNumber><Condition>{condition}</Condition>"
        f"<Redirect>{redirect}</Redirect></RoutingRule>"
    )


def test_rules_lead_elsewhere(site: oss2.Bucket, at: str) -> None:
    external = "<RedirectType>External</RedirectType><Protocol>https</Protocol><HostName>new.example.com</HostName>"
    rules = [
        rule(2, "<KeyPrefixEquals>old/</KeyPrefixEquals>", f"{external}<HttpRedirectCode>301</HttpRedirectCode>"
             "<ReplaceKeyPrefixWith>new/</ReplaceKeyPrefixWith><PassQueryString>true</PassQueryString>"),
        rule(1, "<KeyPrefixEquals>old/special</KeyPrefixEquals>"
             "<IncludeHeader><Key>x-app</Key><Equals>1</Equals></IncludeHeader>",
             f"{external}<ReplaceKeyWith>app/${{key}}.html</ReplaceKeyWith>"),
        rule(3, "<KeyPrefixEquals>in/</KeyPrefixEquals><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>",
             "<RedirectType>Internal</RedirectType><ReplaceKeyPrefixWith>blog/</ReplaceKeyPrefixWith>"),
    ]  # fmt: skip
    put_site(site, f"{index('true')}<RoutingRules>{''.join(rules)}</RoutingRules>")
    answer = visit(f"{at}/old/a b?x=1")
    assert answer.status_code == 301
    assert answer.headers["Location"] == "https://new.example.com/new/a%20b?x=1"
    answer = visit(f"{at}/old/special", headers={"x-app": "1"})
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        "https://new.example.com/app/old/special.html",
    )
    assert visit(f"{at}/old/special").headers["Location"] == "https://new.example.com/new/special"
    assert visit(f"{at}/in/first").content == b"post"
    with pytest.raises(oss2.exceptions.NoSuchKey):
        site.get_object("old/a")


MISSING = "<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>"


def test_what_a_mirror_would_fetch_is_refused_by_name(site: oss2.Bucket, server: Server) -> None:
    mirror = (
        "<RedirectType>Mirror</RedirectType><MirrorURL>http://example.com/</MirrorURL>"
        "<MirrorCheckMd5>True</MirrorCheckMd5><MirrorHeaders><PassAll>True</PassAll><Pass>a</Pass><Set><Key>k</Key>"
        "<Value>v</Value></Set></MirrorHeaders>"
    )
    put_site(site, f"{index('true')}<RoutingRules>{rule(1, MISSING, mirror)}</RoutingRules>")
    kept = site._do("GET", site.bucket_name, "", params={"website": ""}).read().decode()
    assert mirror.replace("True", "true") in kept
    answer = visit(f"{server.endpoints['oss']}/{site.bucket_name}/none")
    assert (answer.status_code, "Mirror" in answer.text) == (501, True)
    for wrong in (mirror.replace("http:", "ftp:"), mirror.replace("MirrorCheckMd5", "MirrorSurprise")):
        with pytest.raises(oss2.exceptions.ServerError, match="MalformedXML"):
            put_site(site, f"{index('true')}<RoutingRules>{rule(1, MISSING, wrong)}</RoutingRules>")
