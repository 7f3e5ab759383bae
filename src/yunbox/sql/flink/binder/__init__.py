"""From a query's tree to the nodes that an engine carries out."""
