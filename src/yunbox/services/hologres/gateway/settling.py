"""What an instance has before its first statement: its account as the superuser, and its database by its name."""

from yunbox.storage.rows.catalogue import load, name_database, settle_account
from yunbox.storage.rows.roles import DATABASE
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change


async def settled(store: RowStore, account_id: str, shown: str, database: str = DATABASE) -> None:
    """Have the account be the superuser of its instance, which it is from the first start on, and name the database."""
    with store.reading() as view:
        known = store.catalogue(view)
    if known.account != account_id or account_id not in known.roles or known.database.name != database:
        await store.write(lambda change: settle(change, account_id, shown, database))


def settle(change: Change, account_id: str, shown: str, database: str) -> None:
    """The same within a change."""
    settle_account(change, account_id, shown)
    if load(change).database.name != database:
        name_database(change, database)
