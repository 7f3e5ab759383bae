"""The errors of the SQL layer, each with the vendor's code and the vendor's wording.

    KernelError
    ├── InvalidArgument
    │   ├── ParseFailed          ODPS-0130161   the text is no statement
    │   ├── SemanticError        ODPS-0130071   it parses and makes no sense
    │   ├── ArgumentCountWrong   ODPS-0130221   a function got too few or too many arguments
    │   ├── ArgumentTypeWrong    ODPS-0130121   a function got an argument of the wrong type
    │   ├── ArgumentWrong        ODPS-0121095   an argument has a value that the function cannot use
    │   ├── IllegalCast          ODPS-0123091   a partition's value is not what it is compared with
    │   ├── IllegalImplicitCast  ODPS-0130141   a column is given another type without CAST
    │   └── CartesianProduct     ODPS-0130252   a join without an equality
    ├── NotFound
    │   ├── TableNotFound        ODPS-0130131
    │   ├── ViewNotFound         ODPS-0130201
    │   └── PartitionNotFound    ODPS-0130271
    ├── Refused
    │   └── FullScan             ODPS-0130071   raised by the guard
    └── Unsupported
        └── UnsupportedSql       ODPS-0130071   a real construct that Yunbox does not offer

Clients match on the text, so ``message`` always starts with the code and its position.
"""

import re
from dataclasses import dataclass

from yunbox.kernel.errors import InvalidArgument, KernelError, NotFound, Refused, Unsupported


@dataclass(frozen=True)
class At:
    """A place in a statement: line and column, both counted from 1; (0, 0) is nowhere in particular."""

    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"[{self.line},{self.column}]"


NOWHERE = At()


_PLACED = re.compile(r"^(ODPS-\d{7}):\[\d+,\d+\]")


class SqlError(KernelError):
    """Above every error of this layer, so that callers can catch all of them."""

    def place(self, at: At) -> None:
        """Say where, unless that is said already: what raises an error does not always know what it is called for."""
        nowhere = f"{self.code}:{NOWHERE}"
        if at != NOWHERE and self.message.startswith(nowhere):
            self.message = f"{self.code}:{at}{self.message.removeprefix(nowhere)}"
            self.args = (self.message,)

    def move(self, at: At) -> None:
        """Say another place than that in a text which nobody wrote."""
        self.message = _PLACED.sub(lambda found: f"{found[1]}:{at}", self.message)
        self.args = (self.message,)


class ParseFailed(SqlError, InvalidArgument):
    """The text is not a MaxCompute statement."""

    code = "ODPS-0130161"

    def __init__(self, reason: str, at: At = NOWHERE) -> None:
        super().__init__(f"{self.code}:{at} Parse exception - {reason}")


class SemanticError(SqlError, InvalidArgument):
    """The statement parses, yet a name, a type or a clause makes no sense in it."""

    code = "ODPS-0130071"

    def __init__(self, reason: str, at: At = NOWHERE) -> None:
        super().__init__(f"{self.code}:{at} Semantic analysis exception - {reason}")


class ArgumentCountWrong(SqlError, InvalidArgument):
    """A function was called with too few or too many arguments."""

    code = "ODPS-0130221"

    def __init__(self, function: str, given: int, expected: str, at: At = NOWHERE) -> None:
        super().__init__(
            f"{self.code}:{at} Invalid number of arguments - function {function} needs {expected}, "
            f"actually have {given}"
        )


class ArgumentTypeWrong(SqlError, InvalidArgument):
    """A function was called with an argument it cannot take."""

    code = "ODPS-0130121"

    def __init__(self, reason: str, at: At = NOWHERE) -> None:
        super().__init__(f"{self.code}:{at} Invalid argument type - {reason}")


class ArgumentWrong(SqlError, InvalidArgument):
    """A function was called with a value it cannot use."""

    code = "ODPS-0121095"

    def __init__(self, reason: str, at: At = NOWHERE) -> None:
        super().__init__(f"{self.code}:{at} Invalid argument - {reason}")


class IllegalCast(SqlError, InvalidArgument):
    """A value met while the statement is planned cannot become what it is compared with."""

    code = "ODPS-0123091"

    def __init__(self, value: str, source: str, target: str) -> None:
        reason = f"in function cast, value '{value}' cannot be casted from {source} to {target}"
        super().__init__(f"{self.code}:Illegal type cast - {reason}")


class IllegalImplicitCast(SqlError, InvalidArgument):
    """A column would have to change into a type that this type system reaches by CAST alone."""

    code = "ODPS-0130141"

    def __init__(self, reason: str, at: At = NOWHERE) -> None:
        super().__init__(f"{self.code}:{at} Illegal implicit type cast - {reason}")


class CartesianProduct(SqlError, InvalidArgument):
    """A join pairs every row with every row, and the session does not allow it."""

    code = "ODPS-0130252"

    def __init__(self, at: At = NOWHERE) -> None:
        super().__init__(
            f"{self.code}:{at} Cartesian product is not allowed - cartesian product is not allowed without "
            "mapjoin; add an equality to the join condition, a /*+ mapjoin(alias) */ hint, "
            "or set odps.sql.allow.cartesian=true"
        )


class TableNotFound(SqlError, NotFound):
    """No table or view has that name."""

    code = "ODPS-0130131"

    def __init__(self, name: object, at: At = NOWHERE) -> None:
        super().__init__(f"{self.code}:{at} Table not found - table {name} cannot be resolved")


class ViewNotFound(SqlError, NotFound):
    """No view has that name."""

    code = "ODPS-0130201"

    def __init__(self, name: object, at: At = NOWHERE) -> None:
        super().__init__(f"{self.code}:{at} View not found - view {name} cannot be resolved")


class PartitionNotFound(SqlError, NotFound):
    """The table has no such partition."""

    code = "ODPS-0130271"

    def __init__(self, spec: str, at: At = NOWHERE) -> None:
        super().__init__(f"{self.code}:{at} Partition does not exist - partition {spec} cannot be found")


class FullScan(SqlError, Refused):
    """A partitioned table is read whole, and the project forbids that."""

    code = "ODPS-0130071"

    def __init__(self, message: str) -> None:
        super().__init__(message)

    def place(self, at: At) -> None:
        """The vendor says [0,0] for this one."""


class UnsupportedSql(SqlError, Unsupported):
    """A real MaxCompute construct that Yunbox does not offer; the message names it."""

    code = "ODPS-0130071"

    def __init__(self, construct: str, at: At = NOWHERE) -> None:
        super().__init__(f"{self.code}:{at} Semantic analysis exception - {construct} is not supported by Yunbox")


def full_scan(project: str, table: str, partition_columns: tuple[str, ...], extra: str = "") -> FullScan:
    """The refusal of a scan over all partitions; ``extra`` says what it would cost and what would be cheaper."""
    predicate = " and ".join(f"{name} = '...'" for name in partition_columns) or "a partition predicate"
    text = (
        "ODPS-0130071:[0,0] Semantic analysis exception - physical plan generation failed: "
        f"java.lang.RuntimeException: Table({project},{table}) is full scan with all partitions, "
        f"please specify partition predicates. Write where {predicate} with constants, "
        "or set odps.sql.allow.fullscan=true; to read every partition."
    )
    return FullScan(f"{text} {extra}".rstrip())


def invalid(reason: str) -> ValueError:
    """The failure of an argument of a function in Python: DuckDB carries its text, which has the vendor's code."""
    return ValueError(f"ODPS-0121095:Invalid argument - {reason}")
