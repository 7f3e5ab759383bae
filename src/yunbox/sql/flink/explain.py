"""EXPLAIN, and what the state guard says of a job before it runs."""

from yunbox.sql.flink.plans import Job


def explained(job: Job, details: tuple[str, ...]) -> str:
    """The text of EXPLAIN."""
    del details
    return repr(job)


def advice(job: Job) -> tuple[str, ...]:
    """Warnings about state that grows without bound, each with the SET that bounds it."""
    del job
    return ()
