"""Changes of rows that are no fixed plans: the engine computes what becomes of which rows, the row store keeps it."""
