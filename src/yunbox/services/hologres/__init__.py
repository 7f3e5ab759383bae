"""Hologres: look-ups and dashboards over PostgreSQL's protocol."""
