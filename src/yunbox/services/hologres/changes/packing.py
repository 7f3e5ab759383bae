"""INSERT of many rows that all have to be new: packed as the engine gives them, and written in the order of their keys.

This needs numpy, so it is imported where so many come.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

from yunbox.storage.rows.bulk.load import Load, Writing
from yunbox.storage.rows.bulk.sent import packer_of
from yunbox.storage.rows.form import Form


async def packed(form: Form, first: Sequence[bytes], more: AsyncIterator[bytes]) -> Writing:
    """What writes the rows of DataRow messages. Raises PgError, 23502 and 23514 for what a row may not have."""
    packer = packer_of(form)
    load = Load(form, "none")
    for messages in first:
        load.add(packer.packed(messages))
    async for messages in more:
        load.add(packer.packed(messages))
    return await asyncio.to_thread(load.prepared)
