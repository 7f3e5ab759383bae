"""The operations of OSS, one file a noun."""
