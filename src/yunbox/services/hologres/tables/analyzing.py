"""What ANALYZE finds of columns: the engine draws samples of tables, with what the block has changed of them."""

from dataclasses import replace

from yunbox.engine.holo.messages import Sample
from yunbox.services.hologres.definitions.analyze import Analyze
from yunbox.services.hologres.definitions.base import Scene
from yunbox.services.hologres.engines.remote import Remote
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.draft import Block, seen
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.statistics.samples import Part, parts_of
from yunbox.storage.rows.store import RowStore


async def looked_at(
    definition: Analyze, known: Catalogue, scene: Scene, store: RowStore, engine: Remote, block: Block | None
) -> Analyze:
    """ANALYZE with what samples say. Raises PgError 42P01, 42703, and what the engine fails with."""
    made = {}
    for relation, columns in definition.wanted(known, scene):
        parts = tuple(_part(one, store, block) for one in parts_of(relation, known.partitions_of))
        made[relation.schema, relation.name] = await engine.sample(Sample(parts, columns))
    return replace(definition, found=made)


def _part(relation: Relation, store: RowStore, block: Block | None) -> Part:
    with store.reading() as view:
        totals = seen(view, block).totals(relation)
    if block is None:
        return Part(relation, totals.rows, totals.size_bytes)
    return Part(relation, totals.rows, totals.size_bytes, block.changed(relation), block.is_fresh(relation))
