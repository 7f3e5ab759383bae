"""Buckets, what lists them, and buckets elsewhere."""
