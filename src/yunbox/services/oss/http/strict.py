"""What other stores of the S3 dialect take and the vendor's does not: refused, unless ``--oss-lenient`` is given.

A program that passes here is to pass there. Sources: the vendor's pages of the errors 0017-00000804 (``aws-chunked``
with a payload that ends in trailers) and 0016-00000502, "Use Amazon S3 SDKs to access OSS" (the setting for boto3 from
1.36 on), and DeleteMultipleObjects (Content-MD5 is required).
"""

from yunbox.kernel.errors import InvalidArgument
from yunbox.services.oss.http.target import OssRequest
from yunbox.wire.oss.chunked import STREAMING, TRAILED

_SETTING = (
    ' Set request_checksum_calculation="when_required" in the Config of boto3, or AWS_REQUEST_CHECKSUM_CALCULATION='
    "WHEN_REQUIRED in the environment; `yunbox up --oss-lenient` takes it as other S3 stores do."
)


def check_strict(request: OssRequest) -> None:
    """Raise InvalidArgument, with the setting to change, for what the real service would refuse."""
    payload = request.headers.get("x-oss-content-sha256", "")
    if payload in STREAMING and payload.endswith(TRAILED):
        raise InvalidArgument(
            "aws-chunked encoding is not supported with the specified x-amz-content-sha256 value." + _SETTING,
            ec="0017-00000804",
        )
    if request.method == "POST" and "delete" in request.query and "content-md5" not in request.headers:
        raise InvalidArgument(
            "Missing Some Required Arguments: Content-MD5. boto3 sends it up to 1.35; `yunbox up --oss-lenient` takes "
            "its checksums instead.",
            code="MissingArgument",
        )
