"""From flights to features to a bill: an unmodified PyODPS program, with nothing changed but the endpoint."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from flights import flights
from story import Stage, Step, Story

PROJECT = "prod_ml_feature_store"
DAY = "20130509"
ARTICLE_LINE = (
    f"odpscmd -e \"SELECT user_id, feature_vector FROM prod_ml_feature_store WHERE pt='{DAY}';\" > daily_features.csv"
)
FEATURES = """
INSERT OVERWRITE TABLE prod_ml_feature_store PARTITION (pt)
SELECT tailnum AS user_id,
       ARRAY(CAST(COUNT(*) AS DOUBLE), ROUND(AVG(dep_delay), 2), ROUND(AVG(arr_delay), 2),
             ROUND(SUM(air_time) / 60, 2), CAST(SUM(distance) AS DOUBLE)) AS feature_vector,
       pt
FROM flights
WHERE tailnum IS NOT NULL
GROUP BY tailnum, pt;
"""


def _client(story: Story) -> Any:
    """PyODPS as anyone would write it whose program has a role; only the endpoint is another."""
    if "odps" not in story.notes:
        story.notes["odps"] = story.role.odps(PROJECT)
    return story.notes["odps"]


def create_project(story: Story) -> str:
    """Create the project of the article."""
    story.yunbox("project", "create", PROJECT)
    tenant = _client(story).get_project(PROJECT)
    return f"project {tenant.name}, owned by {tenant.owner}"


def load_flights(story: Story) -> str:
    """Load every flight through the Arrow tunnel, a partition a day."""
    import pyarrow

    o = _client(story)
    frame = flights()
    columns = (
        "carrier string, flight bigint, tailnum string, origin string, dest string, dep_delay double, "
        "arr_delay double, air_time double, distance bigint"
    )
    table = o.create_table("flights", (columns, "pt string"), if_not_exists=True)
    names = [column.name for column in table.table_schema.simple_columns]
    days = list(frame.groupby("pt"))
    for number, (day, rows) in enumerate(days):
        batch = pyarrow.Table.from_pandas(rows[names], preserve_index=False)
        with table.open_writer(partition=f"pt={day}", create_partition=True, arrow=True) as writer:
            writer.write(batch)
        if number % 20 == 0:
            story.say(f"loading day {number} of {len(days)}")
    story.notes["rows"] = len(frame)
    return f"{len(frame):,} flights in {len(days)} daily partitions, through the Arrow tunnel"


def refuse_full_scan(story: Story) -> str:
    """Forget the partition predicate, and be told what it would have cost."""
    from odps.errors import ODPSError

    try:
        _client(story).execute_sql("SELECT tailnum, AVG(dep_delay) FROM flights GROUP BY tailnum")
    except ODPSError as error:
        text = str(error)
        story.notes["refusal"] = text[text.index("Table(") :]
        sentences = story.notes["refusal"].replace("; ", ";\n").replace(". ", ".\n")
        return f"refused: {sentences}"
    raise AssertionError("a full scan was not refused")


def build_features(story: Story) -> str:
    """Build features for every aircraft and day with SQL."""
    o = _client(story)
    o.create_table("prod_ml_feature_store", ("user_id string, feature_vector array<double>", "pt string"))
    cost = o.execute_sql_cost(FEATURES)
    o.execute_sql(FEATURES, hints={"odps.sql.allow.fullscan": "true"})
    with o.execute_sql("SELECT COUNT(*) FROM prod_ml_feature_store WHERE pt >= '2013'").open_reader() as reader:
        rows = reader[0][0]
    return f"{rows:,} feature rows in 365 partitions; {cost.input_size / 2**20:.2f} MB scanned, as announced"


def export_csv(story: Story) -> str:
    """Run the article's line as it stands, but for the day."""
    assert story.server is not None
    script = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{script}{os.pathsep}{os.environ['PATH']}", "YUNBOX_DATA": str(story.server.data)}
    env |= story.role.environment
    config = story.folder / "odps_config.ini"
    config.write_text(f"project_name={PROJECT}\nend_point={story.server.endpoint}\n")
    conf = story.folder / "conf"
    conf.mkdir(exist_ok=True)
    config.replace(conf / "odps_config.ini")
    subprocess.run(ARTICLE_LINE, shell=True, check=True, cwd=story.folder, env=env, capture_output=True)
    with (story.folder / "daily_features.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    story.notes["csv_rows"] = len(rows) - 1
    return f"{len(rows) - 1} aircraft of {DAY} in daily_features.csv, for example {','.join(rows[1])}"


def read_openly(story: Story) -> str:
    """Read the same table with DuckDB and the Delta log, in a process that has no Yunbox code."""
    assert story.server is not None
    location = story.server.data / "lake" / PROJECT / "default" / "prod_ml_feature_store"
    program = (
        "import duckdb, deltalake\n"
        f"files = deltalake.DeltaTable({str(location)!r}).file_uris()\n"
        "rows = duckdb.execute('SELECT count(*), count(DISTINCT pt), max(feature_vector[5]) '\n"
        "    'FROM read_parquet(?, hive_partitioning=true)', [files]).fetchone()\n"
        "print('%d rows, %d days, longest day in the air: %.0f miles' % rows)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return f"{done.stdout.strip()} (DuckDB on {location.relative_to(story.folder)})"


def print_bill(story: Story) -> str:
    """Print what each query cost."""
    bill = json.loads(story.yunbox("bill", "--by", "query", "--output", "json"))
    queries = [line for line in bill["lines"] if line["operation"] == "SQL"]
    lines = [
        f"{line['quantity_bytes']:>10,} bytes  {line['cost']:.9f}  {line['text'][:64]}"
        for line in queries
        if line["quantity_bytes"]
    ]
    total = f"{len(queries)} statements for {bill['total']:.9f} {bill['currency']}; what was refused is free"
    return "\n".join([total, *lines])


def after(story: Story) -> list[str]:
    """Where the results are, and what to try next."""
    data = story.data
    return [
        f"The features of {DAY}:  {story.folder / 'daily_features.csv'}",
        "Try next:",
        f"  ./yunbox up --data {data}",
        f"  ./yunbox sql --data {data} --project {PROJECT}",
        f"  ./yunbox bill --data {data} --by day",
    ]


STAGE = Stage(
    name="maxcompute",
    title="MaxCompute: from 336,776 flights to features to a bill, with unmodified PyODPS",
    steps=(
        Step("create the project", create_project),
        Step("load all flights", load_flights),
        Step("a query without a partition", refuse_full_scan),
        Step("build daily features with SQL", build_features),
        Step("the article's line", export_csv),
        Step("read it without Yunbox", read_openly),
        Step("the bill", print_bill),
    ),
    after=after,
)
