"""What an instance has before its first statement: its account as the superuser, and the databases it is made with."""

from collections.abc import Sequence

from yunbox.storage.rows.catalogue import add_database, load, name_database, settle_account
from yunbox.storage.rows.roles import DATABASE
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change


async def settled(store: RowStore, account_id: str, shown: str, databases: Sequence[str] = (DATABASE,)) -> None:
    """Have the account be the superuser of its instance, which it is from the first start on, and the databases be
    there that it was made with. All but the first may be dropped later, and then they are gone."""
    with store.reading() as view:
        known = store.catalogue(view)
    if known.account != account_id or account_id not in known.roles or known.database.name != databases[0]:
        await store.write(lambda change: settle(change, account_id, shown, databases))


def settle(change: Change, account_id: str, shown: str, databases: Sequence[str]) -> None:
    """The same within a change."""
    is_new = not load(change).account
    settle_account(change, account_id, shown)
    if load(change).database.name != databases[0]:
        name_database(change, databases[0])
    for name in databases[1:] if is_new else ():
        add_database(change, name, account_id)
