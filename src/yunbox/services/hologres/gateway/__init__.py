"""The processes that clients are connected to, and how the server starts and hears them."""
