"""A real Flink: what a script becomes for it, and a cluster of it."""
