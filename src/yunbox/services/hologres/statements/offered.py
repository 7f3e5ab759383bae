"""Settings that would be a promise which is not kept: more isolation than there is, masks and encryption."""

from yunbox.wire.pgwire.report import failure

_ISOLATIONS = ("read committed", "read uncommitted")
_PROTECTING, _OFF = ("hg_anon_enable", "hg_experimental_encryption_options"), ("off", "false", "no", "0", "")


def check_offered(name: str, value: str) -> None:
    """Raise PgError 0A000 for a value that nothing here keeps."""
    if name.lower().endswith("transaction_isolation") and value.lower() not in _ISOLATIONS:
        raise failure("0A000", f"transaction isolation level {value} is not supported")
    if name.lower() in _PROTECTING and value.lower() not in _OFF:
        raise failure("0A000", f"{name.lower()} other than off is not supported")
