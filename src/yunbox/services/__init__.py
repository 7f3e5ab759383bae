"""One folder per product; services never import each other."""
