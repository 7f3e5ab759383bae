"""Records at DataHub's limit of size, and keys that are NULL, on their way through a job."""

from collections.abc import Callable
from hashlib import md5
from typing import Any

import psycopg

from tests.clients.flink.conftest import Topic
from tests.datahub import Client
from tests.flink import Flink, clicks, hologres
from tests.waiting import until
from yunbox.testing.server import Server

Holo = psycopg.Connection[Any]
Put = Callable[..., None]
HUGE = 1_990_000
"""Of 2 MiB that a STRING may have, twice in a request of 4 MiB."""


def huge(letter: str) -> str:
    return letter * HUGE


def sums(texts: list[str]) -> list[tuple[str, int]]:
    return sorted((md5(one.encode()).hexdigest(), len(one)) for one in texts)


def test_huge_records(
    flink: Flink, server: Server, project: str, topic: Topic, put: Put, holo: Holo, raw: Client
) -> None:
    """As keys of groups and of joins, into a table and into a topic."""
    topic("huge", "k:STRING", "v:STRING")
    topic("copy", "v:STRING")
    holo.execute("DROP TABLE IF EXISTS hugely")
    holo.execute("CREATE TABLE hugely (digest text PRIMARY KEY, n bigint, v text) WITH (orientation = 'row')")
    for text in (huge("a"), "small", huge("b"), huge("a"), huge("c")):
        put("huge", [text, text])
    flink.run(
        clicks(server, project, "huge", "k STRING, v STRING", "huge"),
        clicks(server, project, "copy", "v STRING", "copy"),
        hologres(server, "hugely", "digest STRING, n BIGINT, v STRING, PRIMARY KEY (digest) NOT ENFORCED", "hugely"),
    )
    flink.run("INSERT INTO hugely SELECT MD5(k), n, k FROM (SELECT k, COUNT(*) AS n FROM huge GROUP BY k)")
    flink.run("INSERT INTO copy SELECT b.v FROM huge a JOIN huge b ON a.k = b.k")
    texts = {huge("a"): 2, "small": 1, huge("b"): 1, huge("c"): 1}
    wanted = sorted((md5(text.encode()).hexdigest(), n, len(text)) for text, n in texts.items())
    until(lambda: holo.execute("SELECT digest, n, length(v) FROM hugely ORDER BY digest").fetchall() == wanted, 60)
    for digest, value in holo.execute("SELECT digest, v FROM hugely").fetchall():
        assert md5(value.encode()).hexdigest() == digest
    copies = sums([huge("a")] * 4 + ["small", huge("b"), huge("c")])
    until(lambda: len(raw.read(project, "copy", "0")) >= len(copies), 60)
    assert sums([fields[0] for _, fields in raw.read(project, "copy", "0")]) == copies
    holo.execute("DROP TABLE hugely")


def test_keys_that_are_null(flink: Flink, server: Server, project: str, topic: Topic, put: Put, holo: Holo) -> None:
    """NULL is a group of its own, no partner of another NULL, and no key of a table: the job fails and says so."""
    topic("nulls", "k:STRING", "v:BIGINT")
    put("nulls", [None, 1], ["a", 2], [None, 3], ["a", None], [None, None])
    holo.execute("DROP TABLE IF EXISTS by_null, by_key, pairs_of_null")
    holo.execute("CREATE TABLE by_null (name text PRIMARY KEY, n bigint, s bigint) WITH (orientation = 'row')")
    holo.execute("CREATE TABLE by_key (k text PRIMARY KEY, n bigint) WITH (orientation = 'row')")
    holo.execute("CREATE TABLE pairs_of_null (a text, av bigint, bv bigint)")
    flink.run(
        clicks(server, project, "nulls", "k STRING, v BIGINT", "nulls"),
        hologres(server, "by_null", "name STRING, n BIGINT, s BIGINT, PRIMARY KEY (name) NOT ENFORCED", "by_null"),
        hologres(server, "by_key", "k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED", "by_key"),
        hologres(server, "pairs_of_null", "a STRING, av BIGINT, bv BIGINT", "pairs"),
    )
    jobs = [
        flink.run("INSERT INTO by_null SELECT COALESCE(k, '-'), n, s FROM "
                  "(SELECT k, COUNT(*) AS n, SUM(v) AS s FROM nulls GROUP BY k)"),
        flink.run("INSERT INTO pairs SELECT a.k, a.v, b.v FROM nulls a JOIN nulls b ON a.k = b.k"),
    ]  # fmt: skip
    until(lambda: holo.execute("SELECT * FROM by_null ORDER BY name").fetchall() == [("-", 3, 4), ("a", 2, 2)], 60)
    pairs = [("a", 2, 2), ("a", 2, None), ("a", None, 2), ("a", None, None)]
    until(lambda: holo.execute("SELECT * FROM pairs_of_null ORDER BY 2, 3").fetchall() == pairs, 60)
    assert [flink.state(job) for job in jobs] == ["RUNNING"] * 2
    bad = flink.run("INSERT INTO by_key SELECT k, COUNT(*) FROM nulls GROUP BY k")
    until(lambda: flink.state(bad) == "FAILED", 60)
    assert "'k' is NOT NULL" in flink.job(bad, "/exceptions")["root-exception"]
    for job in jobs:
        flink.cancel(job)
    holo.execute("DROP TABLE by_null, by_key, pairs_of_null")
