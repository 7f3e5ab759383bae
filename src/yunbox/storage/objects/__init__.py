"""Objects: buckets of keys with bytes, metadata in LMDB and data in files, as OSS and every lake above it need them."""
