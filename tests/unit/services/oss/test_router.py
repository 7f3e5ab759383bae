"""A sub-resource leads to its operation or to a refusal that names it, never to the bucket or the object itself."""

from urllib.parse import parse_qsl

import pytest

from yunbox.kernel.errors import Unsupported
from yunbox.services.oss.coverage import statuses
from yunbox.services.oss.faults import reply
from yunbox.services.oss.http.route import BUCKET, OBJECT, OssRouter
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.routes import ROUTES
from yunbox.wire.http import Body

ASKED = {
    "PutBucketAccessMonitor": "PUT /b?accessmonitor",
    "GetBucketAccessMonitor": "GET /b?accessmonitor",
    "PutUserDefinedLogFieldsConfig": "PUT /b?userDefinedLogFieldsConfig",
    "GetUserDefinedLogFieldsConfig": "GET /b?userDefinedLogFieldsConfig",
    "DeleteUserDefinedLogFieldsConfig": "DELETE /b?userDefinedLogFieldsConfig",
    "PutBucketResourceGroup": "PUT /b?resourceGroup",
    "GetBucketResourceGroup": "GET /b?resourceGroup",
    "PutBucketHttpsConfig": "PUT /b?httpsConfig",
    "GetBucketHttpsConfig": "GET /b?httpsConfig",
    "PutBucketArchiveDirectRead": "PUT /b?bucketArchiveDirectRead",
    "GetBucketArchiveDirectRead": "GET /b?bucketArchiveDirectRead",
    "PutBucketReplication": "POST /b?replication&comp=add",
    "PutBucketRTC": "PUT /b?rtc",
    "GetBucketReplication": "GET /b?replication",
    "GetBucketReplicationLocation": "GET /b?replicationLocation",
    "GetBucketReplicationProgress": "GET /b?replicationProgress&rule-id=1",
    "DeleteBucketReplication": "POST /b?replication&comp=delete",
    "PutBucketInventory": "PUT /b?inventory&inventoryId=1",
    "GetBucketInventory": "GET /b?inventory&inventoryId=1",
    "ListBucketInventory": "GET /b?inventory",
    "DeleteBucketInventory": "DELETE /b?inventory&inventoryId=1",
    "CreateCnameToken": "POST /b?cname&comp=token",
    "GetCnameToken": "GET /b?comp=token&cname=a.test",
    "PutCname": "POST /b?cname&comp=add",
    "ListCname": "GET /b?cname",
    "DeleteCname": "POST /b?cname&comp=delete",
    "PutStyle": "PUT /b?style&styleName=s",
    "GetStyle": "GET /b?style&styleName=s",
    "ListStyle": "GET /b?style",
    "DeleteStyle": "DELETE /b?style&styleName=s",
    "OpenMetaQuery": "POST /b?metaQuery&comp=add",
    "GetMetaQueryStatus": "GET /b?metaQuery",
    "DoMetaQuery": "POST /b?metaQuery&comp=query",
    "CloseMetaQuery": "POST /b?metaQuery&comp=delete",
    "GetUserQoSInfo": "GET /?qosInfo",
    "PutBucketQoSInfo": "PUT /b?qosInfo",
    "GetBucketQoSInfo": "GET /b?qosInfo",
    "DeleteBucketQoSInfo": "DELETE /b?qosInfo",
    "PutBucketRequesterQoSInfo": "PUT /b?requesterQosInfo&qosRequester=1",
    "GetBucketRequesterQoSInfo": "GET /b?requesterQosInfo&qosRequester=1",
    "ListBucketRequesterQoSInfos": "GET /b?requesterQosInfo",
    "DeleteBucketRequesterQoSInfo": "DELETE /b?requesterQosInfo&qosRequester=1",
    "ListResourcePools": "GET /?resourcePool",
    "GetResourcePoolInfo": "GET /?resourcePoolInfo&resourcePool=p",
    "ListResourcePoolBuckets": "GET /?resourcePoolBuckets&resourcePool=p",
    "PutBucketStorageCapacity": "PUT /b?qos",
    "GetBucketStorageCapacity": "GET /b?qos",
    "PutBucketCallbackPolicy": "PUT /b?policy&comp=callback",
    "GetBucketCallbackPolicy": "GET /b?policy&comp=callback",
    "DeleteBucketCallbackPolicy": "DELETE /b?policy&comp=callback",
    "CreateAccessPoint": "PUT /b?accessPoint",
    "GetAccessPoint": "GET /b?accessPoint",
    "ListAccessPoints": "GET /?accessPoint",
    "DeleteAccessPoint": "DELETE /b?accessPoint",
    "PutAccessPointPolicy": "PUT /b?accessPointPolicy",
    "GetAccessPointPolicy": "GET /b?accessPointPolicy",
    "DeleteAccessPointPolicy": "DELETE /b?accessPointPolicy",
    "CreateBucketDataRedundancyTransition": "POST /b?redundancyTransition&x-oss-target-redundancy-type=ZRS",
    "GetBucketDataRedundancyTransition": "GET /b?redundancyTransition&x-oss-redundancy-transition-taskid=1",
    "ListBucketDataRedundancyTransition": "GET /b?redundancyTransition",
    "DeleteBucketDataRedundancyTransition": "DELETE /b?redundancyTransition&x-oss-redundancy-transition-taskid=1",
    "ProcessObject": "POST /b/k?x-oss-process",
    "AsyncProcessObject": "POST /b/k?x-oss-async-process",
    "AsyncFetch": "POST /b/k?asyncFetch",
    "PutLiveChannel": "PUT /b/c?live",
    "ListLiveChannel": "GET /b?live",
    "DeleteLiveChannel": "DELETE /b/c?live",
    "PutLiveChannelStatus": "PUT /b/c?live&status=idle",
    "GetLiveChannelInfo": "GET /b/c?live",
    "GetLiveChannelStat": "GET /b/c?live&comp=stat",
    "GetLiveChannelHistory": "GET /b/c?live&comp=history",
    "PostVodPlaylist": "POST /b/c/p.m3u8?vod&startTime=1&endTime=2",
    "GetVodPlaylist": "GET /b/c?vod&startTime=1&endTime=2",
}
"""Operations of the vendor's as its clients ask for them: at least all that the coverage page says are not offered."""
ROUTER = OssRouter(ROUTES)


def find(method: str, target: str) -> str:
    """The name of the operation that a request leads to, or the code of its refusal."""
    path, _, query = target.partition("?")
    bucket, _, key = path.removeprefix("/").partition("/")
    pairs = dict(parse_qsl(query, keep_blank_values=True))

    async def nothing() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    request = OssRequest(method, bucket, key, pairs, (), {}, Body(nothing), path, "", "")
    try:
        return ROUTER.find(request).operation.name
    except Unsupported as error:
        return reply(error)[1]


def test_what_is_not_offered_says_so() -> None:
    missing = [name for _, name, status, _ in statuses() if status == "no"]
    answers = {name: find(*ASKED[name].split(" ", 1)) for name in missing}
    assert {name: code for name, code in answers.items() if code != "NotImplemented"} == {}


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "GET"])
def test_a_sub_resource_by_another_method_is_not_the_bucket_or_the_object(method: str) -> None:
    marked = {(route.method, route.level, route.marks.when) for route in ROUTES if route.marks.when}
    for level, path in ((BUCKET, "/b"), (OBJECT, "/b/k")):
        plain = find(method, path)
        for when in {mark for _, at, mark in marked if at == level}:
            if (method, when) == ("DELETE", "symlink"):
                continue  # oss2's own test of versions deletes a link so, and a link is its object
            found = find(method, f"{path}?{when}")
            assert found != plain or plain == "MethodNotAllowed", (method, path, when)


@pytest.mark.parametrize(
    "target",
    ["GET /b/k?x-oss-ac-source-ip=192.0.2.1", "GET /b/k?x-oss-ac-subnet-mask=32", "PUT /b/k?x-oss-ac-vpc-id=v",
     "GET /b/k?tagging&x-oss-ac-forward-allow=true", "DELETE /b?lifecycle&replication", "PUT /b?acl&comp=x",
     "GET /b?versions&inventory", "POST /b/k?uploads&withHashContext"],
)  # fmt: skip
def test_what_would_change_what_is_asked_for_is_refused_beside_what_is_there(target: str) -> None:
    """The page "Include a V1 signature in a URL", on addresses; oss2's tests, on ``policy&comp=callback``."""
    assert find(*target.split(" ", 1)) == "NotImplemented"


def test_what_no_part_of_the_protocol_knows_is_passed_over() -> None:
    assert find("DELETE", "/b?acl") == "MethodNotAllowed"
    assert find("GET", "/b?nonsense=1&prefix=x") == "ListObjects"
    assert find("GET", "/b/k?response-content-type=a%2Fb") == "GetObject"
    assert find("OPTIONS", "/b/k?uploadId=1&partNumber=2") == "OptionObject"
