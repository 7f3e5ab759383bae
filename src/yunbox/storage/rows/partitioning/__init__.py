"""Partitions that are made, cooled and dropped as time goes on: what a table's properties say, and what was done."""
