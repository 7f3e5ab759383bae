"""PostgreSQL's own tables of types, casts, operators and functions, with PostgreSQL's OIDs.

The files beside are made by ``tools/postgres_catalogue.py``; what each row becomes on DuckDB is in ``rendering``.
"""
