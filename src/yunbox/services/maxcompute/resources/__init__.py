"""Resources: their store, and over REST."""
