"""A new bucket is blocked to the public: who wants one that is not says so first, in tests as on the real service."""

import alibabacloud_oss_v2 as oss
import oss2


def client_of(endpoint: str, key: tuple[str, str]) -> oss.Client:
    """The vendor's second client, which has the operations of the block."""
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(*key)
    config.region, config.endpoint = "cn-local", endpoint
    return oss.Client(config)


def open_to_public(bucket: oss2.Bucket) -> None:
    """Take the block of a bucket away."""
    key = bucket.auth.credentials_provider.get_credentials()
    client = client_of(bucket.endpoint, (key.get_access_key_id(), key.get_access_key_secret()))
    client.delete_bucket_public_access_block(oss.DeleteBucketPublicAccessBlockRequest(bucket=bucket.bucket_name))
