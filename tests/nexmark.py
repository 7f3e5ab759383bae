"""Nexmark: the events of an auction house and the questions asked of them, for tests and benches.

The benchmark's shape: of fifty events one is a person, three are auctions and the others bids. The events here are our
own and come from a seed, so that another engine can be given the same: no two have the same time, none comes late, and
no two bids the same price, as an order by those would not be one. q6 is left out, as Flink does not plan it either.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

BEGIN = datetime(2024, 3, 1, 23, 59, 30)
EVENT_MS = 10
_GROUP = 50
_MIXED = 200
_STATES = ("AZ", "CA", "ID", "OR", "WA", "WY")
_CITIES = ("Phoenix", "Los Angeles", "Boise", "Portland", "Kent", "Cheyenne")
_NAMES = ("Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter")
_CHANNELS = ("Google", "Facebook", "Baidu", "Apple")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def events(count: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """So many events: times rise, but for neighbours that come in any order."""
    chance = Random(seed)
    prices: set[int] = set()
    for first in range(0, count, _MIXED):
        numbers = list(range(first, min(first + _MIXED, count)))
        chance.shuffle(numbers)
        for number in numbers:
            yield _event(chance, number, prices)


def write(path: Path, count: int, seed: int = 7) -> None:
    """The events as a file of JSON lines."""
    with path.open("w") as file:
        file.writelines(json.dumps(one, separators=(",", ":")) + "\n" for one in events(count, seed))


def _event(chance: Random, number: int, prices: set[int]) -> dict[str, Any]:
    at = BEGIN + timedelta(milliseconds=number * EVENT_MS)
    group, place = divmod(number, _GROUP)
    event: dict[str, Any] = {"event_type": 0, "person": None, "auction": None, "bid": None}
    if place == 0:
        event["person"] = _person(chance, 1000 + group, at)
    elif place < 4:
        event |= {"event_type": 1, "auction": _auction(chance, 1000 + group * 3 + place - 1, group, at)}
    else:
        event |= {"event_type": 2, "bid": _bid(chance, group, at, prices)}
    return event


def _time(at: datetime) -> str:
    return at.isoformat(" ", "milliseconds")


def _extra(chance: Random) -> str:
    return "".join(chance.choices(_LETTERS, k=chance.randrange(20, 60)))


def _person(chance: Random, number: int, at: datetime) -> dict[str, Any]:
    name = f"{chance.choice(_NAMES)} {chance.choice(_LETTERS).upper()}"
    where = chance.randrange(len(_STATES))
    return {
        "id": number, "name": name, "emailAddress": f"{_extra(chance)[:7]}@{_extra(chance)[:5]}.com",
        "creditCard": " ".join(f"{chance.randrange(10000):04}" for _ in range(4)), "city": _CITIES[where],
        "state": _STATES[where], "dateTime": _time(at), "extra": _extra(chance),
    }  # fmt: skip


def _auction(chance: Random, number: int, group: int, at: datetime) -> dict[str, Any]:
    price = int(10 ** (chance.random() * 6 + 2))
    return {
        "id": number, "itemName": _extra(chance)[:12], "description": _extra(chance), "initialBid": price,
        "reserve": price + int(10 ** (chance.random() * 6)), "dateTime": _time(at),
        "expires": _time(at + timedelta(milliseconds=chance.randrange(2_000, 40_000))),
        "seller": 1000 + max(group - chance.randrange(20), 0), "category": chance.randrange(10, 15),
        "extra": _extra(chance),
    }  # fmt: skip


def _bid(chance: Random, group: int, at: datetime, prices: set[int]) -> dict[str, Any]:
    price = int(10 ** (chance.random() * 6 + 2))
    while price in prices:
        price = int(10 ** (chance.random() * 6 + 2))
    prices.add(price)
    channel = chance.choice((*_CHANNELS, f"channel-{chance.randrange(100)}"))
    path = "/".join(_extra(chance)[:4] for _ in range(3))
    mark = f"&channel_id={chance.randrange(1 << 20)}" if chance.random() < 0.8 else ""
    hot = chance.random() < 0.5
    return {
        "auction": 1000 + (group // 4 * 12 if hot else max(group * 3 - chance.randrange(60), 0)),
        "bidder": 1000 + (group // 4 * 4 if chance.random() < 0.7 else max(group - chance.randrange(60), 0)),
        "price": price, "channel": channel, "url": f"https://www.nexmark.com/{path}/item.htm?query=1{mark}",
        "dateTime": _time(at), "extra": _extra(chance),
    }  # fmt: skip


def tables(source: str) -> str:
    """The tables and views; ``source`` is what comes in WITH for the events."""
    return f"""
CREATE TABLE nexmark (
    event_type INT,
    person ROW<id BIGINT, name STRING, emailAddress STRING, creditCard STRING, city STRING, state STRING,
               `dateTime` TIMESTAMP(3), extra STRING>,
    auction ROW<id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT,
                `dateTime` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING>,
    bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3),
            extra STRING>,
    `dateTime` AS CASE WHEN event_type = 0 THEN person.`dateTime` WHEN event_type = 1 THEN auction.`dateTime`
                       ELSE bid.`dateTime` END,
    WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND
) WITH ({source});
CREATE VIEW person AS
    SELECT person.id, person.name, person.emailAddress, person.creditCard, person.city, person.state, `dateTime`,
           person.extra
    FROM nexmark WHERE event_type = 0;
CREATE VIEW auction AS
    SELECT auction.id, auction.itemName, auction.description, auction.initialBid, auction.reserve, `dateTime`,
           auction.expires, auction.seller, auction.category, auction.extra
    FROM nexmark WHERE event_type = 1;
CREATE VIEW bid AS
    SELECT bid.auction, bid.bidder, bid.price, bid.channel, bid.url, `dateTime`, bid.extra
    FROM nexmark WHERE event_type = 2;
CREATE VIEW bid_p AS SELECT *, PROCTIME() AS p_time FROM bid
"""


_HOT = "HOP(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '2' SECOND, INTERVAL '10' SECOND)"
_TEN = "TUMBLE(TABLE {}, DESCRIPTOR(`dateTime`), INTERVAL '10' SECOND)"
_WINDOW = "window_start, window_end"
_COUNTED = f"SELECT auction, COUNT(*) AS num, {_WINDOW} FROM TABLE({_HOT}) GROUP BY auction, {_WINDOW}"
_DURING = "A.id = B.auction AND B.`dateTime` BETWEEN A.`dateTime` AND A.expires"
_PRICES = {"rank1": "price < 10000", "rank2": "price >= 10000 AND price < 1000000", "rank3": "price >= 1000000"}
_DAY = "DATE_FORMAT(`dateTime`, 'yyyy-MM-dd')"


def _ranked(of: str, name: str) -> str:
    counted = "*" if of == "bid" else f"DISTINCT {of}"
    first = f"COUNT({counted}) AS total_{name}"
    return ", ".join(
        [first, *(f"COUNT({counted}) FILTER (WHERE {test}) AS {rank}_{name}" for rank, test in _PRICES.items())]
    )


_RANKS = ", ".join((_ranked("bid", "bids"), _ranked("bidder", "bidders"), _ranked("auction", "auctions")))
QUERIES = {
    "q0": "SELECT auction, bidder, price, `dateTime`, extra FROM bid",
    "q1": "SELECT auction, bidder, 0.908 * price AS price, `dateTime`, extra FROM bid",
    "q2": "SELECT auction, price FROM bid WHERE MOD(auction, 123) = 0",
    "q3": "SELECT P.name, P.city, P.state, A.id FROM auction AS A INNER JOIN person AS P ON A.seller = P.id "
    "WHERE A.category = 10 AND (P.state = 'OR' OR P.state = 'ID' OR P.state = 'CA')",
    "q4": "SELECT Q.category, AVG(Q.final) FROM (SELECT MAX(B.price) AS final, A.category FROM auction A, bid B "
    f"WHERE {_DURING} GROUP BY A.id, A.category) Q GROUP BY Q.category",
    "q5": f"SELECT H.auction, H.num FROM ({_COUNTED}) AS H JOIN (SELECT MAX(num) AS most, {_WINDOW} FROM ({_COUNTED}) "
    f"AS C GROUP BY {_WINDOW}) AS M "
    "ON H.window_start = M.window_start AND H.window_end = M.window_end AND H.num >= M.most",
    "q7": "SELECT B.auction, B.price, B.bidder, B.`dateTime`, B.extra FROM bid B JOIN (SELECT MAX(price) AS most, "
    f"window_end AS `dateTime` FROM TABLE({_TEN.format('bid')}) GROUP BY {_WINDOW}) M ON B.price = M.most "
    "WHERE B.`dateTime` BETWEEN M.`dateTime` - INTERVAL '10' SECOND AND M.`dateTime`",
    "q8": f"SELECT P.id, P.name, P.window_start FROM (SELECT id, name, {_WINDOW} FROM TABLE({_TEN.format('person')}) "
    f"GROUP BY id, name, {_WINDOW}) P JOIN (SELECT seller, {_WINDOW} FROM TABLE({_TEN.format('auction')}) "
    f"GROUP BY seller, {_WINDOW}) A "
    "ON P.id = A.seller AND P.window_start = A.window_start AND P.window_end = A.window_end",
    "q9": "SELECT id, itemName, description, initialBid, reserve, `dateTime`, expires, seller, category, extra, "
    "auction, bidder, price, bid_dateTime, bid_extra FROM (SELECT A.*, B.auction, B.bidder, B.price, "
    "B.`dateTime` AS bid_dateTime, B.extra AS bid_extra, "
    "ROW_NUMBER() OVER (PARTITION BY A.id ORDER BY B.price DESC, B.`dateTime` ASC) AS rownum "
    f"FROM auction A, bid B WHERE {_DURING}) WHERE rownum <= 1",
    "q10": f"SELECT auction, bidder, price, `dateTime`, extra, {_DAY}, DATE_FORMAT(`dateTime`, 'HH:mm') FROM bid",
    "q11": "SELECT B.bidder, COUNT(*) AS bids, SESSION_START(B.`dateTime`, INTERVAL '10' SECOND), "
    "SESSION_END(B.`dateTime`, INTERVAL '10' SECOND) FROM bid B "
    "GROUP BY B.bidder, SESSION(B.`dateTime`, INTERVAL '10' SECOND)",
    "q12": "SELECT bidder, COUNT(*) AS bids, window_start, window_end FROM TABLE(TUMBLE("
    "TABLE bid_p, DESCRIPTOR(p_time), INTERVAL '10' SECOND)) GROUP BY bidder, window_start, window_end",
    "q13": "SELECT B.auction, B.bidder, B.price, B.`dateTime`, S.`value` FROM bid_p AS B "
    "JOIN side FOR SYSTEM_TIME AS OF B.p_time AS S ON MOD(B.auction, 10000) = S.key",
    "q14": "SELECT auction, bidder, 0.908 * price AS price, CASE WHEN HOUR(`dateTime`) >= 8 AND HOUR(`dateTime`) <= 18 "
    "THEN 'dayTime' WHEN HOUR(`dateTime`) <= 6 OR HOUR(`dateTime`) >= 20 THEN 'nightTime' ELSE 'otherTime' END, "
    "`dateTime`, extra, count_char(extra, 'c') AS c_counts FROM bid "
    "WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000",
    "q15": f"SELECT {_DAY} AS `day`, {_RANKS} FROM bid GROUP BY {_DAY}",
    "q16": f"SELECT channel, {_DAY} AS `day`, MAX(DATE_FORMAT(`dateTime`, 'HH:mm')) AS `minute`, {_RANKS} FROM bid "
    f"GROUP BY channel, {_DAY}",
    "q17": f"SELECT auction, {_DAY} AS `day`, {_ranked('bid', 'bids')}, MIN(price), MAX(price), AVG(price), SUM(price) "
    f"FROM bid GROUP BY auction, {_DAY}",
    "q18": "SELECT auction, bidder, price, channel, url, `dateTime`, extra FROM (SELECT *, ROW_NUMBER() OVER "
    "(PARTITION BY bidder, auction ORDER BY `dateTime` DESC) AS rank_number FROM bid) WHERE rank_number <= 1",
    "q19": "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC) AS rank_number "
    "FROM bid) WHERE rank_number <= 10",
    "q20": "SELECT auction, bidder, price, channel, url, B.`dateTime`, B.extra, itemName, description, initialBid, "
    "reserve, A.`dateTime`, expires, seller, category, A.extra "
    "FROM bid AS B INNER JOIN auction AS A ON B.auction = A.id WHERE A.category = 10",
    "q21": "SELECT auction, bidder, price, channel, CASE WHEN LOWER(channel) = 'apple' THEN '0' "
    "WHEN LOWER(channel) = 'google' THEN '1' WHEN LOWER(channel) = 'facebook' THEN '2' "
    "WHEN LOWER(channel) = 'baidu' THEN '3' ELSE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) END AS channel_id "
    "FROM bid WHERE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) IS NOT NULL "
    "OR LOWER(channel) IN ('apple', 'google', 'facebook', 'baidu')",
    "q22": "SELECT auction, bidder, price, channel, SPLIT_INDEX(url, '/', 3) AS dir1, "
    "SPLIT_INDEX(url, '/', 4) AS dir2, "
    "SPLIT_INDEX(url, '/', 5) AS dir3 FROM bid",
    "q23": "SELECT B.auction, B.price, P.name, A.id FROM bid B JOIN person P ON P.id = B.bidder "
    "JOIN auction A ON A.seller = B.bidder",
}
