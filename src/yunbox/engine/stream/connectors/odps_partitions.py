"""Which partitions of a table of MaxCompute are read: those that ``partition`` names, or all from one on.

    ds=20260101,hh=08     one
    ds=20260101,hh=*      all that have the value; each partition column is to be named
    max_pt()              the last one, as text orders them; also for one column: ds=max_pt()
    max_pt_with_done()    the last one beside which there is another whose name ends in ``.done``

Source: the vendor's page "MaxCompute connector" of Realtime Compute for Apache Flink.
"""

from collections.abc import Sequence

from yunbox.clients.odps import OdpsPartition
from yunbox.kernel.errors import InvalidArgument

_LAST, _LAST_DONE = "max_pt()", "max_pt_with_done()"
_DONE = ".done"
_ANY = "*"


def chosen(spec: str, names: Sequence[str], partitions: Sequence[OdpsPartition]) -> list[OdpsPartition]:
    """The partitions of ``partition``, in order; all if it is empty. Raises InvalidArgument."""
    found = sorted(partitions, key=lambda one: one.values)
    if not spec:
        return found
    if spec.lower() in (_LAST, _LAST_DONE):
        return _last(found, len(names), done=spec.lower() == _LAST_DONE, spec=spec)
    wanted = values_of(spec, names)
    for at, value in enumerate(wanted):
        if value.lower() in (_LAST, _LAST_DONE):
            last = _greatest([one.values[at] for one in found], done=value.lower() == _LAST_DONE)
            found = [one for one in found if one.values[at] == last]
        elif value != _ANY:
            found = [one for one in found if one.values[at] == value]
    if not found and _ANY not in wanted:
        raise InvalidArgument(f"'partition' = '{spec}': the table of MaxCompute has no such partition")
    return found


def values_of(spec: str, names: Sequence[str]) -> tuple[str, ...]:
    """The value of each partition column, such as of ``ds=20260101,hh=*``. Raises InvalidArgument."""
    pairs: dict[str, str] = {}
    for part in spec.replace("/", ",").split(","):
        name, equals, value = part.partition("=")
        name = name.strip().lower()
        if not equals or name not in names or name in pairs:
            raise InvalidArgument(
                f"'{spec}' names no partition: the table of MaxCompute is partitioned by {', '.join(names)}, and "
                f"{','.join(f'{one}=...' for one in names)} is expected"
            )
        pairs[name] = value.strip().strip("'\"")
    missing = [name for name in names if name not in pairs]
    if missing:
        raise InvalidArgument(f"'{spec}' says nothing of {missing[0]!r}: {missing[0]}=* stands for all its values")
    return tuple(pairs[name] for name in names)


def _last(found: Sequence[OdpsPartition], width: int, *, done: bool, spec: str) -> list[OdpsPartition]:
    """The last partition of all."""
    if done and width > 1:
        raise InvalidArgument(f"'partition' = '{spec}' is for tables that one column partitions")
    if done:
        last = _greatest([one.values[0] for one in found], done=True)
        found = [one for one in found if one.values[0] == last]
    if not found:
        raise InvalidArgument(f"'partition' = '{spec}': the table of MaxCompute has no such partition")
    return [found[-1]]


def _greatest(values: Sequence[str], *, done: bool) -> str | None:
    """The last value; with ``done`` the last one that is there with ``.done`` behind it too."""
    there = set(values)
    return max((one for one in there if not done or one + _DONE in there), default=None)
