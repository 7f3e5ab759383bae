"""Files as tables: in folders of this machine and in buckets of OSS, in rows of text and in Parquet."""
