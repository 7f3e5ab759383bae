"""Rows by primary key in LMDB: what look-ups read, and the log that a column store follows."""
