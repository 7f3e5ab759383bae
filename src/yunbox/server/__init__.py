"""The server as a process: its data folder, its sockets, its listeners, and the composition root."""
