"""What a text of SQL is made of, and the statements that a session answers itself, without an engine."""
