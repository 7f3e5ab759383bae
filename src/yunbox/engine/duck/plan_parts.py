"""Which queries and inserts a plan holds: asked by the worker that runs them and by the service that judges them."""

from yunbox.sql.maxcompute.plans import Delete, Explain, Insert, MultiInsert, Plan, Query, Unload, Update


def queries(statement: Plan | None) -> list[Query]:
    """Every query inside a plan."""
    if isinstance(statement, Query):
        return [statement]
    if isinstance(statement, Explain):
        return queries(statement.plan)
    if isinstance(statement, Delete | Update | Unload):
        return [statement.query]
    found = [insert.query for insert in inserts(statement)]
    query = getattr(statement, "as_query", None)
    return [*found, query] if isinstance(query, Query) else found


def inserts(statement: Plan | None) -> tuple[Insert, ...]:
    """The inserts of a plan, in order."""
    if isinstance(statement, Insert):
        return (statement,)
    if isinstance(statement, MultiInsert):
        return tuple(statement.inserts)
    return ()
