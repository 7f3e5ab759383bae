"""A session's settings: what SET, SHOW and RESET say of them, what a transaction takes back, what clients are told.

Source: the PostgreSQL documentation, "Setting Parameters" and "Client Connection Defaults". A value is kept as SHOW
writes it.
"""
