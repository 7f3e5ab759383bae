"""OSS: the object store under everything, as oss2, alibabacloud-oss-v2, ossfs and the S3 clients speak to it."""
