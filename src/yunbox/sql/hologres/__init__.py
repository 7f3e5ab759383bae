"""Hologres' SQL: PostgreSQL's grammar and rules, to typed plans that run on DuckDB."""
