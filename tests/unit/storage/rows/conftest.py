"""A row store in a fresh folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from yunbox.storage.rows.store import RowStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RowStore]:
    made = RowStore(tmp_path / "rows")
    yield made
    made.close()
