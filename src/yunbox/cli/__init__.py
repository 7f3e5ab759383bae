"""The command line: one file per noun, printing through one Output."""
