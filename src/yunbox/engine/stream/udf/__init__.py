"""Functions of users in Python: what their files import, how they are loaded, and how DuckDB calls them."""
