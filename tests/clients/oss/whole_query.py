"""oss2 with signature V1 over the whole query: what the newer SDKs do for sub-resources that oss2 does not know."""

import copy

import oss2


class _Any(frozenset[str]):
    def __contains__(self, name: object) -> bool:
        return True


class _Auth(oss2.ProviderAuth):
    _subresource_key_set = _Any()


def whole(bucket: oss2.Bucket) -> oss2.Bucket:
    """The same bucket, with every name of the query signed."""
    made = copy.copy(bucket)
    made.auth = _Auth(bucket.auth.credentials_provider)
    return made
