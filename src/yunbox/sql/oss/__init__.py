"""The SQL of OSS: one SELECT over one object."""
