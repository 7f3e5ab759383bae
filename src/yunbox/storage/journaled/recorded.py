"""A writing transaction of LMDB whose changes go to a journal as they are made."""

from collections.abc import Sequence

import lmdb

from yunbox.storage.environment import Tables
from yunbox.storage.journaled.segments import Writing


class Recorded:
    """Changes of some tables, by their names."""

    def __init__(self, txn: lmdb.Transaction, tables: Tables, writing: Writing) -> None:
        self.txn = txn
        self._tables = tables
        self._writing = writing

    def put(self, table: str, key: bytes, value: bytes) -> None:
        """Set a value."""
        self.txn.put(key, value, db=self._tables[table])
        self._writing.put(self._tables.numbers[table], key, value)

    def put_all(self, table: str, keys: Sequence[bytes], values: Sequence[bytes]) -> None:
        """Set many values."""
        self.txn.cursor(self._tables[table]).putmulti(zip(keys, values, strict=True))
        self._writing.put_all(self._tables.numbers[table], keys, values)

    def delete(self, table: str, key: bytes) -> bool:
        """Remove an entry; says whether it was there."""
        found = self.txn.delete(key, db=self._tables[table])
        if found:
            self._writing.put(self._tables.numbers[table], key, None)
        return found
