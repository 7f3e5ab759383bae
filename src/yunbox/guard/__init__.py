"""Whether a call may run: authorisation. What a call may cost, each service judges by its own settings."""
