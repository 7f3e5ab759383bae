"""Codecs of OSS: signatures, XML documents, chunked bodies of the S3 dialect."""
