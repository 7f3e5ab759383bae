"""Flink's two REST interfaces: the SQL Gateway's, and the JobManager's."""
