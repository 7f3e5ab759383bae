"""What tables connect to: sources that are read and sinks that are written, by the name of their connector."""
