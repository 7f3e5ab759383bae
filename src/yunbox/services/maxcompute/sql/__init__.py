"""SQL: instances and their jobs, statements as operations, what they run on."""
