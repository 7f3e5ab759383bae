"""Tablestore's bytes, against the vendor's own codec."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns that its second implementation is for another Python
    import tablestore  # noqa: F401
