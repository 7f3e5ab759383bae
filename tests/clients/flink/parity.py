"""Queries whose answers the embedded engine and a real Flink must agree on: their sinks, and the data they read.

Each has the columns of its table in Hologres (``name:type``, a key's with ``*`` behind it) and its text over the tables
``events`` and ``users``. Of the events none is late, however often Flink looks at the time, and the last one moves time
past all windows of the others.
"""

from dataclasses import dataclass

SECOND = 1_000_000
FIELDS = (
    "user_id:BIGINT",
    "page:STRING",
    "amount:DOUBLE",
    "price:DECIMAL",
    "paid:BOOLEAN",
    "ts:TIMESTAMP",
    "doc:STRING",
)
EVENTS = (
    "user_id BIGINT, page STRING, amount DOUBLE, price DECIMAL(10, 2), paid BOOLEAN, ts TIMESTAMP(3), doc STRING, "
    "`sequence` BIGINT METADATA, shard INT METADATA FROM 'shard-id', proc AS PROCTIME(), "
    "WATERMARK FOR ts AS ts - INTERVAL '1' SECOND"
)
ROWS: list[list[object]] = [
    [1, "/a", 1.5, "10.50", True, 1 * SECOND, '{"n": 1, "tags": ["x", "y"], "in": {"k": "v"}}'],
    [2, "/b", 2.5, "0.05", False, 2 * SECOND, '{"n": 2.5}'],
    [3, None, 4, "3.335", True, 3 * SECOND, "[1, 2]"],
    [1, "/b", None, None, None, 60 * SECOND, None],
    [1, "/a", 0.5, "-7", True, 59 * SECOND + 123_000, '{"n": "text", "in": null}'],
    [2, "/a", 2.5, "99999999.99", False, 62 * SECOND, "not json"],
    [4, "Ünïcode 'quoted' /ß", 1e300, "1", True, 125 * SECOND, '{"n": true}'],
    [1, "/c", -3.25, "2.25", False, 126 * SECOND, "{}"],
    [3, "", 0.1, "0.10", True, 127 * SECOND, '{"n": null}'],
    [2, "/b", 0.2, "0.20", None, 190 * SECOND, '{"n": -1}'],
    [9, "/end", 0, "0", True, 100_000 * SECOND, None],
]
USERS = [(1, "ann", "eu"), (2, "bob", None), (3, "cy", "us"), (8, "nobody", "eu")]


_TYPES = {"bigint": "BIGINT", "int": "INT", "text": "STRING", "float8": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE",
          "timestamp": "TIMESTAMP(3)"}  # fmt: skip


@dataclass(frozen=True)
class Query:
    """One: what it is called, its table in Hologres, and its text."""

    name: str
    columns: str
    text: str

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Names and types of Hologres."""
        return [(one.partition(":")[0], one.partition(":")[2].rstrip("*")) for one in self.columns.split("; ")]

    @property
    def declared(self) -> str:
        """The columns of the table in Flink."""
        return ", ".join(
            f"`{name}` {_TYPES.get(kind, kind.replace('numeric', 'DECIMAL'))}" for name, kind in self.fields
        )

    @property
    def made(self) -> str:
        """The columns of the table in Hologres, and its key."""
        key = f", PRIMARY KEY ({', '.join(self.key)})" if self.key else ""
        return ", ".join(" ".join(field) for field in self.fields) + key

    @property
    def key(self) -> list[str]:
        """The columns of the key."""
        return [one.partition(":")[0] for one in self.columns.split("; ") if one.endswith("*")]


STREAM = (
    Query("totals", "u:bigint*; n:bigint; s:float8; a:numeric(38,6); lo:float8; hi:float8",
          "SELECT user_id, COUNT(*), SUM(amount), AVG(price), MIN(amount), MAX(amount) FROM events GROUP BY user_id"),
    Query("taken_back", "u:bigint*; n:bigint",
          "SELECT user_id, COUNT(*) FROM events GROUP BY user_id HAVING COUNT(*) < 3"),
    Query("of_counts", "n:bigint*; users:bigint",
          "SELECT n, COUNT(*) FROM (SELECT user_id, COUNT(*) AS n FROM events GROUP BY user_id) GROUP BY n"),
    Query("kinds", "p:text*; d:bigint; f:bigint; first:float8",
          "SELECT COALESCE(page, '-'), COUNT(DISTINCT user_id), COUNT(*) FILTER (WHERE paid), FIRST_VALUE(amount) "
          "FROM events GROUP BY COALESCE(page, '-')"),
    Query("tumble", "start:timestamp*; u:bigint*; n:bigint; s:float8",
          "SELECT window_start, user_id, COUNT(*), SUM(amount) FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), "
          "INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, user_id"),
    Query("hop", "start:timestamp*; ends:timestamp; n:bigint",
          "SELECT window_start, window_end, COUNT(*) FROM TABLE(HOP(TABLE events, DESCRIPTOR(ts), INTERVAL '30' "
          "SECOND, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end"),
    Query("cumulate", "start:timestamp*; ends:timestamp*; n:bigint; m:numeric(10,2)",
          "SELECT window_start, window_end, COUNT(*), MAX(price) FROM TABLE(CUMULATE(TABLE events, DESCRIPTOR(ts), "
          "INTERVAL '20' SECOND, INTERVAL '1' MINUTE)) GROUP BY window_start, window_end"),
    Query("sessions", "u:bigint*; start:timestamp*; ends:timestamp; n:bigint",
          "SELECT user_id, window_start, window_end, COUNT(*) FROM TABLE(SESSION(TABLE events PARTITION BY user_id, "
          "DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY user_id, window_start, window_end"),
    Query("old_windows", "start:timestamp*; ends:timestamp; n:bigint",
          "SELECT TUMBLE_START(ts, INTERVAL '1' MINUTE), TUMBLE_END(ts, INTERVAL '1' MINUTE), COUNT(*) FROM events "
          "GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE)"),
    Query("so_far", "q:bigint*; n:bigint; s:float8",
          "SELECT `sequence`, COUNT(*) OVER w, SUM(amount) OVER w FROM events WINDOW w AS (PARTITION BY user_id ORDER "
          "BY ts RANGE BETWEEN INTERVAL '1' MINUTE PRECEDING AND CURRENT ROW)"),
    Query("top", "p:text*; r:bigint*; u:bigint; a:float8",
          "SELECT page, r, user_id, amount FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY page ORDER BY amount DESC, "
          "user_id) AS r FROM events WHERE page IN ('/a', '/b')) WHERE r <= 2"),
    Query("top_rows", "q:bigint*; r:bigint",
          "SELECT `sequence`, r FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY page ORDER BY amount DESC, user_id) AS "
          "r FROM events WHERE page IN ('/a', '/b')) WHERE r <= 2"),
    Query("newest", "u:bigint*; p:text; q:bigint",
          "SELECT user_id, page, `sequence` FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY ts DESC) "
          "AS r FROM events) WHERE r = 1"),
    Query("window_top", "start:timestamp*; u:bigint; a:float8",
          "SELECT window_start, user_id, s FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end "
          "ORDER BY s DESC) AS r FROM (SELECT window_start, window_end, user_id, SUM(amount) AS s FROM TABLE(TUMBLE("
          "TABLE events, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) WHERE amount IS NOT NULL GROUP BY window_start, "
          "window_end, user_id)) WHERE r = 1"),
    Query("pairs", "l:bigint*; r:bigint*; p:text",
          "SELECT a.`sequence`, b.`sequence`, a.page FROM events a JOIN events b ON a.page = b.page AND a.user_id < "
          "b.user_id"),
    Query("lonely", "l:bigint*; r:bigint",
          "SELECT a.user_id, MAX(b.user_id) FROM events a LEFT JOIN events b ON a.page = b.page AND b.user_id > "
          "a.user_id GROUP BY a.user_id"),
    Query("near", "l:bigint*; r:bigint*",
          "SELECT a.`sequence`, b.`sequence` FROM events a, events b WHERE a.user_id = b.user_id AND a.`sequence` <> "
          "b.`sequence` AND b.ts BETWEEN a.ts - INTERVAL '5' SECOND AND a.ts + INTERVAL '5' SECOND"),
    Query("named", "q:bigint*; name:text; zone:text",
          "SELECT e.`sequence`, u.name, u.zone FROM events e LEFT JOIN users FOR SYSTEM_TIME AS OF e.proc AS u ON "
          "e.user_id = u.id"),
    Query("pages", "p:text*", "SELECT DISTINCT page FROM events WHERE page IS NOT NULL"),
    Query("either", "q:bigint*; what:text*",
          "SELECT `sequence`, 'big' FROM events WHERE amount > 1 UNION ALL SELECT `sequence`, 'paid' FROM events WHERE "
          "paid"),
    Query("also", "q:bigint*; p:text",
          "SELECT `sequence`, page FROM events WHERE page IN (SELECT page FROM events WHERE user_id = 2)"),
    Query("never", "q:bigint*", "SELECT `sequence` FROM events e WHERE NOT EXISTS (SELECT 1 FROM events f WHERE f.page "
          "= e.page AND f.user_id = 1)"),
    Query("spread", "q:bigint*; tag:text*",
          "SELECT `sequence`, tag FROM events CROSS JOIN UNNEST(ARRAY['x', page]) AS t(tag) WHERE page IS NOT NULL"),
    Query("rises", "q:bigint*; s:int*; last:bigint; n:bigint; total:float8",
          "SELECT q, s, e, n, total FROM events MATCH_RECOGNIZE (PARTITION BY user_id ORDER BY ts, shard, `sequence` "
          "MEASURES A.`sequence` AS q, A.shard AS s, LAST(B.`sequence`) AS e, COUNT(B.page) AS n, SUM(B.amount) AS "
          "total AFTER MATCH SKIP PAST LAST ROW PATTERN (A B+? C) WITHIN INTERVAL '10' MINUTE DEFINE B AS B.amount > 0,"
          " C AS C.price > A.price OR C.amount > LAST(B.amount, 1))"),
    Query("keyless", "q:bigint; shard:int; p:text; a:float8; d:numeric(10,2); paid:boolean; ts:timestamp; doc:text",
          "SELECT `sequence`, shard, page, amount, price, paid, ts, doc FROM events"),
)  # fmt: skip

BATCH = (
    Query("words", "q:bigint*; a:text; b:text; c:int; d:text; e:text; f:boolean; g:text; h:text; i:text",
          "SELECT `sequence`, UPPER(REPLACE(page, 'ß', '')), SUBSTRING(page, 2, 3), CHAR_LENGTH(page), page || '!' || "
          "'x', REGEXP_REPLACE(page, '[a-c/]', '*'), page LIKE '/_', LPAD(page, 4, '#'), TRIM(BOTH '/' FROM page), "
          "SPLIT_INDEX(page, '/', 1) FROM events"),
    Query("numbers",
          "q:bigint*; a:float8; b:numeric(38,8); c:numeric(38,8); d:bigint; e:float8; f:int; g:text; h:float8",
          "SELECT `sequence`, ROUND(amount, 1), price / 3, price * price, user_id / 2, POWER(user_id, 2), "
          "CAST(price AS INT), CAST(price AS STRING), FLOOR(amount) FROM events WHERE user_id <> 4"),
    Query("times", "q:bigint*; a:text; b:bigint; c:timestamp; d:timestamp; e:int; f:date; g:bigint; h:timestamp",
          "SELECT `sequence`, DATE_FORMAT(ts, 'yyyy-MM-dd HH:mm:ss.SSS'), EXTRACT(MINUTE FROM ts), "
          "FLOOR(ts TO MINUTE), ts + INTERVAL '1' MONTH, TIMESTAMPDIFF(SECOND, TIMESTAMP '1970-01-01 00:00:00', ts), "
          "CAST(ts AS DATE), QUARTER(CAST(ts AS DATE)), TO_TIMESTAMP('2024-02-29 01:02:03') FROM events"),
    Query("documents", "q:bigint*; a:text; b:text; c:boolean; d:text; e:boolean",
          "SELECT `sequence`, JSON_VALUE(doc, '$.n'), JSON_QUERY(doc, '$.in'), JSON_EXISTS(doc, '$.tags[1]'), "
          "JSON_VALUE(doc, 'lax $.tags[0]' DEFAULT 'none' ON EMPTY), doc IS JSON OBJECT FROM events"),
    Query("cases", "q:bigint*; a:text; b:float8; c:bigint; d:boolean; e:float8; f:text",
          "SELECT `sequence`, CASE WHEN amount > 2 THEN 'big' WHEN amount IS NULL THEN 'none' ELSE 'small' END, "
          "COALESCE(amount, -1), NULLIF(user_id, 1), paid IS NOT TRUE, GREATEST(amount, 1.0), IF(paid, 'y', 'n') "
          "FROM events"),
    Query("sets", "u:bigint*; p:text*; n:bigint; g:bigint*; h:bigint*",
          "SELECT COALESCE(user_id, -1), COALESCE(page, '-'), n, g, h FROM (SELECT user_id, page, COUNT(*) AS n, "
          "GROUPING(user_id) AS g, GROUPING(page) AS h FROM events GROUP BY GROUPING SETS ((user_id), (page), ()))"),
    Query("spans", "u:bigint*; v:float8; d:float8; l:text",
          "SELECT user_id, ROUND(VAR_POP(amount), 9), ROUND(STDDEV_SAMP(amount), 9), LISTAGG(page) FROM events WHERE "
          "page = '/b' GROUP BY user_id"),
    Query("ranks", "q:bigint*; r:bigint",
          "SELECT `sequence`, r FROM (SELECT *, RANK() OVER (PARTITION BY paid ORDER BY amount DESC) AS r FROM events) "
          "WHERE r <= 2"),
    Query("ordered", "q:bigint*; a:float8",
          "SELECT `sequence`, amount FROM events ORDER BY amount DESC, `sequence` LIMIT 3"),
    Query("common", "p:text*", "SELECT page FROM events WHERE user_id = 1 INTERSECT SELECT page FROM events WHERE "
          "user_id = 2"),
    Query("people", "id:bigint*; zone:text; n:bigint",
          "SELECT u.id, MAX(u.zone), COUNT(e.page) FROM users u LEFT JOIN events e ON e.user_id = u.id GROUP BY u.id"),
)  # fmt: skip
