"""What the documents of a bucket's settings may say. Each case names the vendor's page, or oss2's own tests."""

import oss2
import pytest

from tests.clients.oss.test_green_there import refusal

ROOTS = {
    "cors": "CORSConfiguration", "lifecycle": "LifecycleConfiguration", "logging": "BucketLoggingStatus",
    "publicAccessBlock": "PublicAccessBlockConfiguration", "referer": "RefererConfiguration",
    "tagging": "Tagging", "transferAcceleration": "TransferAccelerationConfiguration",
    "website": "WebsiteConfiguration",
}  # fmt: skip
CORS = "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>%s</CORSRule>"
RULE = "<Rule><Prefix>p/</Prefix><Status>Enabled</Status><Expiration><Days>1</Days></Expiration>%s</Rule>"
ROUTE = (
    "<RoutingRule><RuleNumber>1</RuleNumber><Redirect><RedirectType>External</RedirectType></Redirect></RoutingRule>"
)
LOGS = "<LoggingEnabled><TargetBucket>b</TargetBucket><TargetPrefix>%s</TargetPrefix></LoggingEnabled>"
INDEX = "<IndexDocument><Suffix>i.html</Suffix>%s</IndexDocument>"


@pytest.fixture
def bucket(bucket: oss2.Bucket, open_bucket) -> oss2.Bucket:
    """By version 4, as version 1 of oss2 does not sign every name of a setting."""
    return open_bucket(bucket.bucket_name, version=4)


def put(bucket: oss2.Bucket, mark: str, inner: str) -> tuple[int, str]:
    return refusal(bucket, "PUT", "", {mark: ""}, None, f"<{ROOTS[mark]}>{inner}</{ROOTS[mark]}>".encode())


@pytest.mark.parametrize(
    ("mark", "inner", "code"),
    [
        # PutBucketCors
        ("cors", CORS % "<AllowedOrigin></AllowedOrigin>", "MalformedXML"),
        ("cors", CORS % "<MaxAgeSeconds>1000000000</MaxAgeSeconds>", "InvalidArgument"),
        ("cors", CORS % "" + "<ResponseVary>perhaps</ResponseVary>", "MalformedXML"),
        # PutBucketLifecycle
        ("lifecycle", RULE % f"<ID>{'x' * 256}</ID>", "MalformedXML"),
        ("lifecycle", RULE % "<Tag><Key></Key><Value>b</Value></Tag>", "MalformedXML"),
        ("lifecycle", RULE % ("<Tag><Key>a</Key><Value>b</Value></Tag>" * 2), "MalformedXML"),
        ("lifecycle", RULE % "<Filter><Not><Prefix>q/</Prefix></Not></Filter>", "MalformedXML"),
        ("lifecycle", RULE % "<Filter><Not><Prefix>p/</Prefix></Not></Filter>", "MalformedXML"),
        ("lifecycle", RULE % "<Filter><Prefix>p/q/</Prefix></Filter>", "MalformedXML"),
        # PutBucketLogging; 0032-00000004, -08 and -09
        ("logging", "<LoggingEnabled><TargetBucket>nobody-has-it</TargetBucket></LoggingEnabled>",
         "InvalidTargetBucketForLogging"),
        ("logging", "<LoggingEnabled><TargetBucket>x</TargetBucket></LoggingEnabled>", "InvalidTargetBucketForLogging"),
        # 0032-00000005 and -06
        ("logging", LOGS % "/abc", "InvalidArgument"),
        ("logging", LOGS % "\\abc", "InvalidArgument"),
        ("logging", LOGS % ("x" * 257), "InvalidArgument"),
        # PutBucketTags
        ("tagging", "", "MalformedXML"),
        # PutBucketReferer, PutBucketWebsite, PutBucketPublicAccessBlock, PutBucketTransferAcceleration
        ("referer", "<AllowEmptyReferer>true</AllowEmptyReferer><TruncatePath>x</TruncatePath><RefererList/>",
         "MalformedXML"),
        ("website", INDEX % "<SupportSubDir>maybe</SupportSubDir>", "MalformedXML"),
        ("website", f"<RoutingRules>{ROUTE * 2}</RoutingRules>", "MalformedXML"),
        ("website", f"<RoutingRules>{ROUTE.replace('</Redirect>', '<PassQueryString>2</PassQueryString></Redirect>')}"
         "</RoutingRules>", "MalformedXML"),
        ("publicAccessBlock", "<BlockPublicAccess></BlockPublicAccess>", "MalformedXML"),
        ("transferAcceleration", "<Enabled>1</Enabled>", "MalformedXML"),
    ],
)  # fmt: skip
def test_a_document_that_says_what_it_may_not(bucket: oss2.Bucket, mark: str, inner: str, code: str) -> None:
    assert put(bucket, mark, inner) == (400, code)


@pytest.mark.parametrize(
    ("mark", "inner"),
    [
        ("cors", CORS % "<MaxAgeSeconds>999999999</MaxAgeSeconds>"),
        ("lifecycle", RULE % "<Filter><Not><Prefix>p/q</Prefix></Not></Filter>"),
        ("lifecycle", RULE % "<Filter><Not><Prefix>p/</Prefix><Tag><Key>a</Key><Value>b</Value></Tag></Not></Filter>"),
        ("publicAccessBlock", "<BlockPublicAccess>False</BlockPublicAccess>"),  # as oss2 writes it
        ("transferAcceleration", "<Enabled>True</Enabled>"),
        ("website", INDEX % "<SupportSubDir>True</SupportSubDir>"),
    ],
)
def test_a_document_that_says_what_it_may(bucket: oss2.Bucket, mark: str, inner: str) -> None:
    assert put(bucket, mark, inner) == (200, "")


def test_headers_of_a_cors_rule_are_told_in_small_letters(bucket: oss2.Bucket) -> None:
    """The integration tests of the vendor's alibabacloud-oss-v2."""
    rule = oss2.models.CorsRule(allowed_origins=["*"], allowed_methods=["GET"], allowed_headers=["X-Oss-Meta-A"])
    bucket.put_bucket_cors(oss2.models.BucketCors([rule]))
    assert bucket.get_bucket_cors().rules[0].allowed_headers == ["x-oss-meta-a"]


def test_logs_go_to_a_bucket_of_ones_own(bucket: oss2.Bucket) -> None:
    bucket.put_bucket_logging(oss2.models.BucketLogging(bucket.bucket_name, "log-"))
    assert bucket.get_bucket_logging().target_bucket == bucket.bucket_name
    bucket.put_bucket_logging(oss2.models.BucketLogging("", ""))


@pytest.mark.parametrize(("said", "told"), [("", "false"), ("False", "false"), ("true", "true")])
def test_answers_say_whether_they_vary(bucket: oss2.Bucket, said: str, told: str) -> None:
    """oss2's tests: a document that does not say it says no."""
    assert put(bucket, "cors", CORS % "" + (f"<ResponseVary>{said}</ResponseVary>" if said else "")) == (200, "")
    kept = bucket._do("GET", bucket.bucket_name, "", params={"cors": ""}).read().decode()
    assert f"<ResponseVary>{told}</ResponseVary>" in kept


@pytest.mark.parametrize("said", [None, False])
def test_a_mirror_passes_the_query_as_it_says_of_itself(bucket: oss2.Bucket, said: bool | None) -> None:
    """oss2's tests, on PassQueryString of a rule that mirrors."""
    redirect = oss2.models.Redirect(
        redirect_type="Mirror", mirror_url="http://127.0.0.1/", pass_query_string=said, mirror_pass_query_string=True
    )
    condition = oss2.models.Condition(key_prefix_equals="a", http_err_code_return_equals=404)
    rule = oss2.models.RoutingRule(1, condition=condition, redirect=redirect)
    bucket.put_bucket_website(oss2.models.BucketWebsite("i.html", "e.html", [rule]))
    assert bucket.get_bucket_website().rules[0].redirect.pass_query_string is True
