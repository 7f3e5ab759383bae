"""Fixed plans: statements on rows by primary key, recognised when they are parsed, that never enter an engine."""
