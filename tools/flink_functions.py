"""docs/reference/functions-flink.md, made from the table of functions by `python tools/flink_functions.py`.

`./yunbox check` compares, so that the page lists what is there and what is not.
"""

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from yunbox.sql.flink.functions import ABSENT, AGGREGATES, FUNCTIONS, Function

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "functions-flink.md"
_HEAD = """# Flink SQL: statements, queries and functions

Made by `python tools/flink_functions.py` from the table that judges calls; `./yunbox check` keeps the two the same.
Names, types, columns of answers and messages are those of Flink 2.3. What is refused is refused by its name: it needs
a real Flink, which gets the statement's text unchanged.

## Statements

| statement | what is read |
|---|---|
| CREATE TABLE | TEMPORARY, IF NOT EXISTS, OR REPLACE; physical, computed and METADATA columns, WATERMARK, PRIMARY KEY NOT ENFORCED, COMMENT, DISTRIBUTED, PARTITIONED BY, WITH, LIKE with its options, AS SELECT |
| ALTER TABLE | RENAME, ADD, MODIFY and DROP of columns, key and watermark, RENAME of a column, SET, RESET |
| VIEW, CATALOG, DATABASE, FUNCTION | CREATE, DROP, ALTER; TEMPORARY ones; catalogs of type generic_in_memory |
| INSERT INTO, OVERWRITE | columns, PARTITION, OPTIONS hints; a STATEMENT SET is one job |
| EXPLAIN | CHANGELOG_MODE, ESTIMATED_COST (of state), JSON_EXECUTION_PLAN, PLAN_ADVICE; with the state guard's warnings |
| SHOW, DESCRIBE, USE, SET, RESET | as Flink's; secrets are masked; SHOW JOBS, STOP JOB, ADD and REMOVE JAR are the service's |
| refused | UPDATE, DELETE, TRUNCATE, ANALYZE, CALL, COMPILE and EXECUTE PLAN, modules, models, materialized tables, SHOW PARTITIONS, ON CONFLICT other than DEDUPLICATE |

The names TIMESTAMP, DATE and TIME are taken for columns without backticks, which Flink does not do.

## Queries

| part | what is planned |
|---|---|
| windows | TUMBLE, HOP, CUMULATE, SESSION over a table or a query, arguments by place or name; GROUP BY TUMBLE, HOP, SESSION with their START, END, ROWTIME, PROCTIME |
| aggregates | GROUP BY, HAVING, DISTINCT, FILTER, GROUPING SETS, CUBE, ROLLUP; SELECT DISTINCT; of windows, also in steps |
| ranks | ROW_NUMBER in a subquery or with QUALIFY: Top-N, deduplication, both of windows; RANK and DENSE_RANK in a batch |
| OVER | ROWS and RANGE to CURRENT ROW by a time attribute in a stream, any order and frame in a batch; named windows |
| joins | INNER, LEFT, RIGHT, FULL, CROSS, USING, NATURAL; of intervals, of windows; FOR SYSTEM_TIME AS OF (versions, look-ups); UNNEST with ORDINALITY |
| subqueries | IN, NOT IN, EXISTS, NOT EXISTS, also correlated by conditions of a plain SELECT; a global aggregate as a value |
| sets and order | UNION, INTERSECT, EXCEPT; VALUES, WITH; ORDER BY a time attribute, LIMIT; in a batch any order |
| patterns | MATCH_RECOGNIZE by a time attribute: PARTITION BY, ORDER BY, MEASURES with FIRST, LAST, aggregates and MATCH_ROWTIME, ONE ROW PER MATCH, AFTER MATCH SKIP, PATTERN with quantifiers, WITHIN, DEFINE; what Flink's planner refuses is refused in its words |
| hints | OPTIONS, STATE_TTL; hints about how a join is carried out say nothing here |
| refused | SUBSET of MATCH_RECOGNIZE, LATERAL queries, WITH RECURSIVE, PIVOT, TABLESAMPLE, correlated values |

## Functions

Each signature has the types of the arguments and, behind the arrow, that of the result. A word in small letters is any
type of that kind, and the result's type is then the arguments'; `varying` is a VARCHAR as long as the first argument;
`T`, `K` and `V` are types that must agree. `?` marks an argument that may be left out, `*` one that may come again;
behind the result `?` says that it may always be NULL, and `!` that it never is. Clauses that are written with words
(`TRIM(BOTH x FROM y)`, `JSON_VALUE(... RETURNING ...)`) are read as Flink reads them.

Operators, `CASE`, `CAST`, `TRY_CAST`, `LIKE`, `SIMILAR TO`, `BETWEEN`, `IN`, `OVERLAPS`, `IS JSON`, `ARRAY[...]`,
`MAP[...]`, `ROW(...)` and `[]` are expressions. `RAND` and `RAND_INTEGER` do not keep to their seed.

"""  # noqa: E501 - rows of tables


def _signatures(function: Function) -> str:
    return "<br>".join(f"`{one.text.strip()}`" for one in function.signatures)


def _rows(functions: list[Function]) -> Iterator[str]:
    for _, group in groupby(functions, key=lambda one: id(one.signatures)):
        alike = list(group)
        yield f"| {', '.join(f'`{one.name}`' for one in alike)} | {_signatures(alike[0])} |"


def text() -> str:
    """The whole page."""
    parts = [_HEAD]
    for title in sorted({one.category for one in FUNCTIONS.values()}):
        here = [one for one in FUNCTIONS.values() if one.category == title]
        parts.append(f"### {title}\n\n| function | signatures |\n|---|---|\n" + "\n".join(_rows(here)) + "\n\n")
    names = ", ".join(f"`{one}`" for one in AGGREGATES)
    over = (
        "`ROW_NUMBER`, `RANK`, `DENSE_RANK` and `LAG` need OVER; `LEAD`, `NTILE`, `PERCENT_RANK` and `CUME_DIST` too, "
        "in a batch."
    )
    users = "Those that users make in Python with `udaf` stand where these do, but for OVER."
    parts.append(f"### Aggregate functions\n\n{names}, with DISTINCT and FILTER.\n\n{over} {users}\n\n")
    absent = ", ".join(f"`{one}`" for one in sorted(ABSENT))
    parts.append(f"### Refused by name\n\n{absent}, and functions in Java.\n")
    return "".join(parts)


def stale() -> list[str]:
    """What is wrong with the page, for the check."""
    found = PAGE.read_text("utf-8") if PAGE.exists() else ""
    told = "docs/reference/functions-flink.md is out of date: run python tools/flink_functions.py"
    return [] if found == text() else [told]


def main() -> int:
    """Write the page."""
    PAGE.write_text(text(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
