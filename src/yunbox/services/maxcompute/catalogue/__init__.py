"""Projects, schemas and tables over REST, and how a table's changes are committed."""
