"""What every part of the house shares: errors, clock, ids, limits. Standard library only."""
