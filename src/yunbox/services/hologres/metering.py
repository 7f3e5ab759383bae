"""What Hologres keeps, as the bill has it: the bytes of all rows, their keys and the logs of
their changes, by the hour and by the tier that tables are said to lie in.

What its processes compute is metered with the statements (``session/used.py``, ``spine/overhead.py``). Source: the
vendor's pages "Billing overview" and "Tiered storage".
"""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from yunbox.meter.storage import Stored
from yunbox.services.hologres.gateway.config import DATABASE
from yunbox.storage.rows.store import RowStore

HOT = "hologres.storage.hot"
COLD = "hologres.storage.cold"
_PLACE = "hologres"


def stored(rows: Path, account_id: str, principal: str) -> Iterable[Stored]:
    """The database, if it was ever used."""
    if not (rows / "data.mdb").exists():
        return
    with contextlib.closing(RowStore(rows)) as store, store.reading() as view:
        kept = {HOT: 0.0, COLD: 0.0}
        for relation in store.catalogue(view).relations.values():
            kept[COLD if relation.is_cold else HOT] += view.size_bytes(relation)
    since_s = rows.stat().st_mtime  # nothing is made in the folder but when it is
    yield Stored(_PLACE, f"hologres://{DATABASE}", account_id, principal, since_s, kept, {})
