"""Streams: jobs that carry out Flink SQL's plans batch by batch, keep what they know on disk, and lose nothing."""
