"""The pytest plugin shipped to users and used by our own client tests."""
