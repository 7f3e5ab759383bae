"""Sessions of the SQL Gateway: their catalogues, settings and statements."""
