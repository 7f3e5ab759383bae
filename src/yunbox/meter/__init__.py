"""What a call used, and what that costs."""
