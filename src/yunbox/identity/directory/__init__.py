"""The account's directory: users, groups, roles, policies and what belongs to them, a file a noun.

All of it works on a ``Realm``, within one transaction: what is checked holds while it is written.
"""
