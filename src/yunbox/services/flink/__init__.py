"""Realtime Compute for Apache Flink: SQL that runs on and on, by Flink's own SQL Gateway and JobManager interfaces."""
