"""Records of a shard to a MaxCompute table, exactly once: what is done in a thread, between what is written down.

    upload      each partition's rows in a session of its own; nothing of it is in the table yet
    (written)   the sessions and the sequences that they stand for
    settle      commit each session; after a crash or an error it is asked first how far it is
    (written)   the next sequence

A session that is committed says so for as long as the tunnel knows it, which is a day. One that can never be committed,
because it has expired or the table has other columns now, is uploaded anew, as the log still has its records.
"""

from collections.abc import Sequence

import msgspec

from yunbox.clients.odps import OdpsClient
from yunbox.clients.requests import RequestFailed
from yunbox.services.datahub.catalogue.model import Topic
from yunbox.services.datahub.connectors.config import OdpsConfig
from yunbox.services.datahub.connectors.model import Move, Outcome, Part, Told
from yunbox.services.datahub.connectors.partitions import Discarded, spec
from yunbox.services.datahub.connectors.records import Record
from yunbox.services.datahub.connectors.rows import Row, RowMaker, check

_CLOSED = "closed"
_NEVER = ("expired", "canceled")
_CHANGED = ("SchemaModified", "NoSuchPartition")
"""Why a session cannot be committed, and a new one can."""


def upload(topic: Topic, shard: int, told: Told, records: list[Record]) -> Move:
    """Upload records, of which there is one at least. Raises RequestFailed, InvalidArgument."""
    config, fields = told.config, told.fields
    assert isinstance(config, OdpsConfig)
    client = OdpsClient(config)
    table = client.table()
    check(topic, fields, config, table)
    groups, discarded = _grouped(RowMaker(config, fields, table, topic, shard), records)
    parts = []
    for partition, rows in groups.items():
        session = _opened(client, partition)
        if session is None:
            discarded += len(rows)
            continue
        client.upload(session, partition, table.columns, rows)
        parts.append(Part(partition, session, len(rows)))
    return Move(
        first=records[0].sequence,
        end=records[-1].sequence + 1,
        time_ms=records[-1].time_ms,
        discarded=discarded,
        config=msgspec.structs.replace(config, access_id="", access_key=""),
        fields=tuple(fields),
        parts=tuple(parts),
    )


def upload_again(topic: Topic, shard: int, move: Move, part: Part, records: list[Record]) -> Part:
    """Upload the rows of a part anew. Raises RequestFailed, InvalidArgument."""
    assert isinstance(move.config, OdpsConfig)
    client = OdpsClient(move.config)
    table = client.table()
    check(topic, move.fields, move.config, table)
    groups, _ = _grouped(RowMaker(move.config, move.fields, table, topic, shard), records)
    rows = groups.get(part.partition, [])
    session = client.open(part.partition)
    client.upload(session, part.partition, table.columns, rows)
    return Part(part.partition, session, len(rows))


def settle(config: OdpsConfig, part: Part, is_fresh: bool) -> Outcome:
    """Have a part be in the table. Raises RequestFailed. One that is not fresh may be there already."""
    client = OdpsClient(config)
    if not is_fresh and (known := _known(client, part)) is not None:
        return known
    if part.given_up:
        client.abort(part.session, part.partition)
        known = _known(client, part)
        if known is None:
            raise RequestFailed("The tunnel has not given up the session")
        return known
    try:
        client.commit(part.session, part.partition)
    except RequestFailed as error:
        if error.code in _CHANGED:
            return Outcome.GIVE_UP
        raise
    return Outcome.DONE


def _known(client: OdpsClient, part: Part) -> Outcome | None:
    """What is certain of a session before anything is done; None for one that can be committed."""
    try:
        status = client.status(part.session, part.partition)
    except RequestFailed as error:
        if error.code != "NoSuchUpload":
            raise
        if part.given_up:
            return Outcome.AGAIN
        told = (
            f"NoSuchUpload: the tunnel has forgotten the session {part.session}. Nobody knows whether its {part.rows} "
            "rows are in the table: look, and set the connector's offset"
        )
        raise RequestFailed(told, code=error.code, status=error.status) from None
    if status == _CLOSED:
        return Outcome.DONE
    return Outcome.AGAIN if status in _NEVER else None


def _opened(client: OdpsClient, partition: str) -> str | None:
    """A session; None where there can be no such partition."""
    try:
        return client.open(partition)
    except RequestFailed as error:
        if partition and error.code == "InvalidPartitionSpec":
            return None
        raise


def _grouped(maker: RowMaker, records: list[Record]) -> tuple[dict[str, list[Row]], int]:
    """Rows by their partition, and how many records are none."""
    groups: dict[str, list[Row]] = {}
    discarded = 0
    names = maker.table.partitions
    for record in records:
        try:
            values, row = maker.row(record)
        except Discarded:
            discarded += 1
            continue
        groups.setdefault(spec(names, values), []).append(row)
    return groups, discarded


def verify(topic: Topic, fields: Sequence[str], config: OdpsConfig) -> None:
    """Whether the table is there and takes the records. Raises InvalidArgument, RequestFailed."""
    check(topic, fields, config, OdpsClient(config).table())
