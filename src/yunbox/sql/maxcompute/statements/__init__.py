"""Statements around queries - DDL, DML, SHOW - parsed by hand over the dialect's tokens."""
