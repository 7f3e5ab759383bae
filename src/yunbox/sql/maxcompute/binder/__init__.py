"""Syntax trees to bound queries: names resolved, types known, conversions written out."""
