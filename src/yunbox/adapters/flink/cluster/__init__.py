"""A Flink of one's own on this machine: its parts, its processes, its start and its end."""
