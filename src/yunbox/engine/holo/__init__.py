"""Hologres' analytic engine: one process with DuckDB, which runs what gateways send and gives rows ready to be sent."""
