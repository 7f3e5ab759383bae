"""Jobs: what is kept of them, and their processes."""
