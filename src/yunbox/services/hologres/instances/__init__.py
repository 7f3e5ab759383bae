"""Hologres' instances: each has its own processes, its own port and its own rows. The API by which they come and go."""
