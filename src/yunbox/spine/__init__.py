"""The path of every call, in its four shapes: requests and streams, sessions, and jobs."""
