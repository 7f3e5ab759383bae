"""The tables of a database as sessions use them: definitions and fixed plans here, all else in an engine."""
