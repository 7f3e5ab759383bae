"""SQL dialects to plans: pure functions, no engine and no files."""
