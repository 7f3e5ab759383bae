"""Monitoring: what the server counts, in the format that Prometheus scrapes."""
