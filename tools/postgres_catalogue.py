"""Write what PostgreSQL's own catalogue says of types, casts, operators and functions as tables of the SQL layer.

    python tools/postgres_catalogue.py

starts a PostgreSQL of its own and writes ``src/yunbox/sql/hologres/catalogue/*.tsv``. What these tables lack does not
exist for a statement; what they have and no rendering makes is refused by name, and so is what ``absent.tsv`` lists.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from tests.postgres import Postgres, running  # noqa: E402

FOLDER = ROOT / "src/yunbox/sql/hologres/catalogue"
TYPES = (
    "bool", "bytea", "char", "name", "int8", "int2", "int4", "text", "oid", "json", "float4", "float8", "cidr",
    "unknown", "inet", "bpchar", "varchar", "date", "time", "timestamp", "timestamptz", "interval", "timetz",
    "bit", "varbit", "numeric", "uuid", "jsonb", "jsonpath", "regclass", "regtype", "regproc", "regprocedure",
    "regoperator", "regdictionary",
    "regnamespace", "regrole", "xid", "cid", "tid", "oidvector", "int2vector", "pg_node_tree", "aclitem",
    "record", "void", "anyelement", "anyarray", "any", "anynonarray", "anycompatible", "anycompatiblearray",
    "anycompatiblenonarray",
)  # fmt: skip
NAMED = ", ".join(f"'{name}'" for name in TYPES)
QUERIES = {
    "types": """
        SELECT oid, typname, typlen, typcategory, typispreferred, typarray, typelem, typtype, typbyval, typalign,
               typstorage, typdelim FROM pg_type WHERE oid IN (SELECT oid FROM known) ORDER BY oid""",
    "casts": """
        SELECT castsource::regtype::oid, casttarget::regtype::oid, castcontext, castmethod, castfunc::oid FROM pg_cast
        WHERE castsource IN (SELECT oid FROM known) AND casttarget IN (SELECT oid FROM known) ORDER BY 1, 2""",
    "operators": """
        SELECT o.oid, oprname, oprleft, oprright, oprresult, oprcode::oid, oprcom, oprnegate FROM pg_operator o
        WHERE oprright IN (SELECT oid FROM known) AND oprresult IN (SELECT oid FROM known)
          AND (oprleft = 0 OR oprleft IN (SELECT oid FROM known)) ORDER BY oprname, o.oid""",
    "functions": r"""
        SELECT p.oid, proname, prokind, proargtypes, provariadic, pronargdefaults, prorettype, proretset, proisstrict,
               provolatile,
               CASE WHEN pronargdefaults > 0 OR proargmodes IS NOT NULL THEN array_to_string(proargnames, ',') END,
               array_to_string(proargmodes, ','), array_to_string(proallargtypes, ',')
        FROM pg_proc p
        WHERE pronamespace = 'pg_catalog'::regnamespace AND prorettype IN (SELECT oid FROM known)
          AND NOT EXISTS (SELECT 1 FROM unnest(proargtypes) q(a) WHERE a NOT IN (SELECT oid FROM known))
          AND NOT EXISTS (SELECT 1 FROM unnest(proallargtypes) q(a) WHERE a NOT IN (SELECT oid FROM known))
        ORDER BY proname, p.oid""",
    "token_types": "SELECT tokid, alias, description FROM ts_token_type('default') ORDER BY 1",
    "absent": """
        SELECT 'type', typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typcategory <> 'A'
          AND typtype IN ('b', 'r', 'm') AND oid NOT IN (SELECT oid FROM known)
        UNION SELECT 'function', proname FROM pg_proc p, unnest(prorettype || proargtypes::oid[]) q(a)
          WHERE pronamespace = 'pg_catalog'::regnamespace GROUP BY p.oid, proname
          HAVING NOT bool_and(a IN (SELECT oid FROM known))
          AND NOT bool_or(a IN ('internal'::regtype, 'cstring'::regtype) OR a::regtype::text LIKE '%handler')
        ORDER BY 1, 2""",
}
KNOWN = f"""
    WITH known AS (SELECT oid FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typname IN ({NAMED})
    UNION SELECT typarray FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typarray <> 0
    AND typname IN ({NAMED}))"""


def rows(server: Postgres, query: str) -> str:
    """What a query gives, a row a line, with tabs between."""
    done = server.psql(f"\\pset fieldsep '\t'\n{KNOWN} {query};")
    assert not done.stderr, done.stderr.decode()
    return done.stdout.decode()


def main() -> None:
    """Write every table."""
    with running() as server:
        for name, query in QUERIES.items():
            (FOLDER / f"{name}.tsv").write_text(rows(server, query), "utf-8")


if __name__ == "__main__":
    main()
