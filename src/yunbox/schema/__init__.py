"""Types, tables and locations: what storage, engines and every SQL dialect share, under nobody's name."""
