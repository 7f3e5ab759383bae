"""Tables that are made anew behind the scenes: other types, keys and properties, and the same rows."""
