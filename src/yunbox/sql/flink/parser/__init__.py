"""Flink SQL's grammar: texts to trees. Standard library only, so that a gateway too can read a statement."""
