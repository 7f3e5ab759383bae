"""Tablestore, as far as others lock by it: tables, and single rows with the condition whether they are there."""
