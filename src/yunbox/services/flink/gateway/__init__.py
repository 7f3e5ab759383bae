"""The process that serves Flink's clients and looks after the jobs."""
