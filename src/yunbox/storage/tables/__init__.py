"""Tables: the catalogue, Delta logs, and the index of their snapshots."""
