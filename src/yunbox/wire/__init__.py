"""Codecs that turn bytes into values and back, with no sockets and no state."""
