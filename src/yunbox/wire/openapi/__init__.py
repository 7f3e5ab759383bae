"""The vendor's OpenAPI: three styles of signing and two of addressing over one table of operations.

A product's API is an ``Api`` (``api.py``): its name, its version and its routes. Everything else - reading and checking
parameters, signatures, errors, JSON and XML - is here, once.
"""
