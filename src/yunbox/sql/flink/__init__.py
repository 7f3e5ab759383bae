"""Flink SQL: from the text of a script to plans that a streaming engine carries out."""
