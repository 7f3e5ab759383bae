"""Buckets whose objects lie in a real OSS or S3 bucket elsewhere, with caches of metadata and blocks before them."""
