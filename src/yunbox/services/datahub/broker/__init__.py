"""The process that serves DataHub's clients, and how the server starts it."""
