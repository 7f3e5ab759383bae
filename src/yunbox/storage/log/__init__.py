"""Logs: records in the order of their coming, kept for a while. A shard of a DataHub topic is one."""
