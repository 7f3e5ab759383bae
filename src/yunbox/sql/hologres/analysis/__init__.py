"""PostgreSQL's analyzer: from trees to typed expressions and queries in DuckDB's SQL."""
