"""Reads of tables that others keep: MaxCompute's, from the files where they lie."""
