"""The vendor's second client, alibabacloud-oss-v2, and what only it can do: take away the block of a new bucket."""

from collections.abc import Iterator
from contextlib import contextmanager

import alibabacloud_oss_v2 as oss
import oss2
from alibabacloud_oss_v2.transport import RequestsHttpClient


@contextmanager
def client_of(endpoint: str, key: tuple[str, str], signature: str = "v4") -> Iterator[oss.Client]:
    """A client whose connections are closed afterwards: it has no way to say so itself."""
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(*key)
    config.region, config.endpoint, config.signature_version = "cn-local", endpoint, signature
    config.http_client = transport = RequestsHttpClient()
    try:
        yield oss.Client(config)
    finally:
        transport.close()


def open_to_public(bucket: oss2.Bucket) -> None:
    """Take the block of a bucket away: who wants one that is open says so first, in tests as on the real service."""
    key = bucket.auth.credentials_provider.get_credentials()
    with client_of(bucket.endpoint, (key.get_access_key_id(), key.get_access_key_secret())) as client:
        client.delete_bucket_public_access_block(oss.DeleteBucketPublicAccessBlockRequest(bucket=bucket.bucket_name))
