"""Records: put in any of three forms, got in any of them, and found by cursors."""
