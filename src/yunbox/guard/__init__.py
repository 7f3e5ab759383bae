"""Whether a call may run: authorisation and admission by cost."""
