"""The dialects that run on DuckDB, by the service whose they are: modules that workers load, and nobody else."""

ON_DUCKDB = {"maxcompute": "yunbox.sql.maxcompute.on_duckdb"}
