"""What Spark does in ``test_spark.py``, in a Python of its own: settings on standard input, a JSON line for an answer.

The words are ``write`` or ``read`` and a folder's URL, such as ``s3a://bucket/folder``.
"""

import json
import sys

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F


def write(spark: SparkSession, folder: str) -> None:
    """A table of three partitions, one of which is then overwritten and another added to."""
    flights = spark.range(10_000).select(
        "id",
        (F.col("id") % 7).cast("string").alias("name"),
        (F.col("id") * 0.5).alias("distance"),
        F.when(F.col("id") % 10 != 0, F.col("id")).alias("delay"),
        F.expr("cast(id as decimal(18, 2))").alias("price"),
        F.expr("timestamp_seconds(1368061323 + id)").alias("at"),
        F.concat(F.lit("天 "), F.col("id") % 3).alias("day"),
    )
    flights.write.mode("overwrite").partitionBy("day").parquet(folder)
    first = flights.where("day = '天 1'").limit(500)
    first.write.mode("overwrite").partitionBy("day").parquet(folder)
    first.limit(5).drop("day").write.mode("append").parquet(f"{folder}/day=天 2")


def totals(flights: DataFrame) -> list[list[str]]:
    """What is in each partition, as text: numbers of every kind are then told alike."""
    sums = [F.sum(name) for name in ("id", "distance", "delay", "price")]
    instants = [F.unix_timestamp(edge("at")) for edge in (F.min, F.max)]
    found = flights.groupBy("day").agg(F.count("*"), *sums, *instants).orderBy("day").collect()
    return [[str(value) for value in row] for row in found]


def main(action: str, folder: str) -> None:
    """Do one thing, and tell what is in the folder then."""
    builder = SparkSession.builder.master("local[2]")
    for name, value in json.load(sys.stdin).items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    if action == "write":
        write(spark, folder)
    print(json.dumps(totals(spark.read.parquet(folder))))
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
