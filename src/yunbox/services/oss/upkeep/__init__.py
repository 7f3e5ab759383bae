"""What keeps a store in shape: sweeps, lifecycle runs, small files, sinks, hot prefixes."""
