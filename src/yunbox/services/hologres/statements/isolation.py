"""Which isolation of transactions there is: a stricter one would be a promise that is not kept."""

from yunbox.wire.pgwire.report import failure

_OFFERED = ("read committed", "read uncommitted")


def check_isolation(name: str, value: str) -> None:
    """Raise PgError 0A000 for a setting that asks for more isolation than there is."""
    if name.lower().endswith("transaction_isolation") and value.lower() not in _OFFERED:
        raise failure("0A000", f"transaction isolation level {value} is not supported")
