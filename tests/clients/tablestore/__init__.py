"""Tablestore's own client against a live server."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns that its second implementation is for another Python
    import tablestore  # noqa: F401
