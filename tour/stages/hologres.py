"""Features served by key and a dashboard from the same rows: Hologres, through PostgreSQL's own client."""

import time
from typing import Any

from flights import flights
from stages.maxcompute import PROJECT
from story import Stage, Step, Story

COLUMNS = ("flight_id", "carrier", "origin", "dest", "tailnum", "dep_delay", "distance", "day")
TABLE = """
CREATE TABLE flights (flight_id bigint PRIMARY KEY, carrier text, origin text, dest text, tailnum text, dep_delay int,
    distance int, day date) WITH (orientation = 'row,column', distribution_key = 'flight_id')
"""
DASHBOARD = """
SELECT carrier, count(*) AS flights, round(avg(dep_delay), 1) AS delay,
    rank() OVER (ORDER BY avg(dep_delay) DESC NULLS LAST) AS place
FROM flights WHERE origin IN ('JFK', 'LGA') GROUP BY carrier HAVING count(*) > 1000 ORDER BY place LIMIT 3
"""
LOOK_UP = "SELECT carrier, dest, dep_delay FROM flights WHERE flight_id = %s"
LOOK_UPS = 20_000


def connect(story: Story) -> Any:
    """psycopg, with nothing of ours but where to connect, and the role's credentials."""
    return story.role.hologres()


def _load(story: Story) -> str:
    """COPY every flight in."""
    frame = flights()
    day = frame.pt.str.replace(r"(....)(..)(..)", r"\1-\2-\3", regex=True)
    found = frame.assign(flight_id=range(len(frame)), day=day, dep_delay=frame.dep_delay.astype("Int64"))
    text = found[list(COLUMNS)].to_csv(None, sep="\t", header=False, index=False, na_rep="\\N")
    started = time.monotonic()
    with connect(story) as client, client.cursor() as cursor:
        client.execute(TABLE)
        with cursor.copy(f"COPY flights ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            copy.write(text)
    story.notes["copied"] = len(frame)
    return f"{len(frame):,} flights by COPY, {len(frame) / (time.monotonic() - started):,.0f} rows/s, on disk"


def _look_up(story: Story) -> str:
    """Rows by their key, as an application asks for features: one client, which pipelines them."""
    import random

    chance = random.Random(2013)
    with connect(story) as client:
        plan = client.execute(f"EXPLAIN {LOOK_UP.replace('%s', '1')}").fetchone()[0].split("  ")[0]
        started = time.monotonic()
        with client.pipeline():
            asked = [client.execute(LOOK_UP, (chance.randrange(story.notes["copied"]),), prepare=True)
                     for _ in range(LOOK_UPS)]  # fmt: skip
        found = sum(one.fetchone() is not None for one in asked)
        rate = LOOK_UPS / (time.monotonic() - started)
    assert found == LOOK_UPS
    return f"{rate:,.0f} a second from one Python client; EXPLAIN says {plan}"


def _dashboard(story: Story) -> str:
    """The same rows, aggregated: what was just written is counted."""
    with connect(story) as client:
        client.execute(DASHBOARD)
        started = time.monotonic()
        before = client.execute(DASHBOARD).fetchall()
        took_ms = (time.monotonic() - started) * 1000
        late = "INSERT INTO flights (flight_id, carrier, origin, dep_delay) SELECT 900000 + g, 'F9', 'LGA', 600"
        client.execute(f"{late} FROM generate_series(1, 1000) g ON CONFLICT (flight_id) DO NOTHING")
        after = client.execute(DASHBOARD).fetchall()
    told = ", ".join(f"{carrier} {delay} min" for carrier, _, delay, _ in before)
    assert after[0][0] == "F9"
    return f"{took_ms:.0f} ms: latest to leave {told}\nand with 1,000 late flights more, at once: F9 {after[0][2]} min"


def _warehouse(story: Story) -> str:
    """MaxCompute's table, read where it lies and joined with the copy here: one partition of it, then all."""
    if "rows" not in story.notes:
        return "left out: the stage maxcompute has not been told"
    with connect(story) as client:
        client.execute("CREATE SCHEMA warehouse")
        client.execute(f"IMPORT FOREIGN SCHEMA {PROJECT} LIMIT TO (flights) FROM SERVER odps_server INTO warehouse")
        asked = "SELECT count(*), avg(dep_delay) FROM warehouse.flights WHERE pt = '20130101'"
        plan = "\n".join(row[0] for row in client.execute(f"EXPLAIN {asked}"))
        started = time.monotonic()
        [(day, _)] = client.execute(asked).fetchall()
        took_ms = (time.monotonic() - started) * 1000
        [(all_rows,)] = client.execute("SELECT count(*) FROM warehouse.flights").fetchall()
    assert all_rows == story.notes["copied"]
    pruned = next(line.strip() for line in plan.splitlines() if "artition" in line)
    return f"{all_rows:,} rows of MaxCompute without a copy; {day} of one day in {took_ms:.0f} ms ({pruned})"


def _changes(story: Story) -> str:
    """Who follows a table reads its binlog: each change once, in the order in which they were made."""
    with connect(story) as client:
        client.execute("CREATE TABLE gates (flight_id bigint PRIMARY KEY, gate text) WITH (binlog_level = 'replica')")
        upsert = "INSERT INTO gates VALUES (%s, %s) ON CONFLICT (flight_id) DO UPDATE SET gate = excluded.gate"
        client.cursor().executemany(upsert, [(number % 1000, f"B{number % 40}") for number in range(3000)])
        client.execute("DELETE FROM gates WHERE gate = 'B7'")
        events = client.execute("""
            SELECT hg_binlog_event_type, count(*) FROM gates WHERE hg_binlog_lsn > 0 GROUP BY 1 ORDER BY 1
        """).fetchall()
        [(left,)] = client.execute("SELECT count(*) FROM gates").fetchall()
    found = dict(events)
    assert found[5] - found[2] == left
    return f"{found[5]:,} inserted, {found[7]:,} updated, {found[2]} deleted: {left} rows are left, as the table has"


STAGE = Stage(
    "hologres",
    "Hologres: features by key and a dashboard on the same rows, with psycopg",
    (
        Step("copy all flights", _load),
        Step("look up by key", _look_up),
        Step("draw the dashboard", _dashboard),
        Step("read MaxCompute's table", _warehouse),
        Step("follow the changes", _changes),
    ),
    lambda story: [f"  ./yunbox psql --data {story.data}    # while `./yunbox up --data {story.data}` runs"],
)
