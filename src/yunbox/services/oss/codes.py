"""The vendor's fine error codes (``EC``): which one an error has, by its coarse code and by what else is known of it.

Each has a page of its own in the vendor's documentation, of that name. An error whose number is not known has one of
Yunbox's own: 9999 and the HTTP status, which no page is about.
"""

_BY_CODE = {
    "AccessDenied": "0003-00000001",
    "ArchiveRestoreNotFinished": "0016-00000719",
    "BucketAlreadyExists": "0015-00000104",
    "BucketNotEmpty": "0015-00000301",
    "CallbackFailed": "0007-00000203",
    "FileAlreadyExists": "0026-00000002",
    "InvalidAccessKeyId": "0002-00000902",
    "InvalidBucketName": "0015-00000001",
    "InvalidEncryptionAlgorithmError": "0005-00000003",
    "InvalidPartOrder": "0042-00000209",
    "InvalidPolicyDocument": "0006-00000201",
    "InvalidTag": "0010-00000217",
    "MalformedXML": "0031-00000001",
    "MissingArgument": "0016-00000502",
    "NoSuchBucket": "0015-00000101",
    "NoSuchBucketPolicy": "0030-00000006",
    "NoSuchKey": "0026-00000001",
    "NoSuchUpload": "0042-00000002",
    "PartAlreadyExist": "0042-00000108",
    "RequestTimeTooSkewed": "0002-00000504",
}
_BY_SCHEME = {
    "oss-v1": "0002-00000040",
    "oss-v4": "0002-00000201",
    "s3-v2": "0002-00000307",
    "s3-v4": "0002-00000429",
}
"""Of a signature that does not match, by the scheme that it is of."""


def fine_code(code: str, status: int, scheme: str = "") -> str:
    """The EC of an error by its code; ``scheme`` is that of a signature that does not match."""
    return _BY_SCHEME.get(scheme) or _BY_CODE.get(code) or f"9999-{status:08d}"
