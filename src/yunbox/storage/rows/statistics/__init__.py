"""What ANALYZE finds of tables and their columns: how it is found, and where it is kept."""
