"""What a statement says: frozen dataclasses with their original text, and the parser that makes them."""
