"""EXPLAIN: plans of DuckDB's as PostgreSQL lays them out, and fixed plans under their name."""
