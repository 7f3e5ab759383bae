"""Rows by the ten thousand: lines that are checked, made into rows and written together, with no value made of any.

A row is stored as texts, so lines whose fields are already as the store would write them need not be read at all. What
is not certainly so is left to the way that reads each value. This is the one part of the store that needs numpy, which
takes 0.1 s and 25 MB to load: it is imported where such lines come.
"""
