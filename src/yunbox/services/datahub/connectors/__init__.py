"""Connectors: what is put into a topic is moved on to another service, each record once."""
