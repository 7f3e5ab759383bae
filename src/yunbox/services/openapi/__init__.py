"""OpenAPI: the one listener, plain and over TLS, for the management APIs of all products."""
