"""User-defined functions: as registered, and over REST."""
