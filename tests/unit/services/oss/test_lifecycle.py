"""Lifecycle rules, without a store: what is due when, for any object and any rule."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.services.oss.settings.documents import CHECKS
from yunbox.services.oss.settings.lifecycle import (
    DAY_MS,
    Lifecycle,
    Rule,
    When,
    expiration_header,
    midnight_after,
    parse_lifecycle,
)
from yunbox.storage.objects.model import (
    APPENDABLE,
    DELETE_MARKER,
    NORMAL,
    STORAGE_CLASSES,
    SYMLINK,
    Bucket,
    ObjectRecord,
    Upload,
)
from yunbox.storage.objects.sweeps import DELETE, EXPUNGE, Aged

ETAG = "D41D8CD98F00B204E9800998ECF8427E"
HOUR_MS = 3600 * 1000


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def record(when: str = "2020-07-19T20:00", **fields: object) -> ObjectRecord:
    return ObjectRecord(NORMAL, 10, ms(when), ETAG, **fields)  # ty: ignore[invalid-argument-type]


def document(*rules: str) -> str:
    body = "".join(f"<Rule><ID>r{n}</ID><Status>Enabled</Status>{rule}</Rule>" for n, rule in enumerate(rules))
    return CHECKS["lifecycle"](f"<LifecycleConfiguration>{body}</LifecycleConfiguration>".encode())


def lifecycle(*rules: str) -> Lifecycle:
    return parse_lifecycle(document(*rules))


def action(rules: Lifecycle, aged: Aged | ObjectRecord, when: str, key: str = "logs/a") -> str | None:
    step = rules.decide(aged if isinstance(aged, Aged) else Aged(key, aged), ms(when))
    return step.action if step is not None else None


def test_the_vendors_own_example_of_one_day() -> None:
    """Uploaded before 08:00 in Beijing it goes the next day at 08:00, after 08:00 the day after that."""
    rules = lifecycle("<Prefix/><Expiration><Days>1</Days></Expiration>")
    early, late = record("2020-07-19T23:00"), record("2020-07-20T01:00")
    assert action(rules, early, "2020-07-20T00:00") is None
    assert action(rules, early, "2020-07-21T00:00") == DELETE
    assert action(rules, late, "2020-07-21T00:00") is None
    assert action(rules, late, "2020-07-22T00:00") == DELETE


def test_what_was_changed_before_a_date_goes() -> None:
    for name in ("CreatedBeforeDate", "Date"):
        rules = lifecycle(f"<Prefix/><Expiration><{name}>2020-07-20T00:00:00.000Z</{name}></Expiration>")
        assert action(rules, record("2020-07-19T23:59"), "2020-07-20T00:00") == DELETE
        assert action(rules, record("2020-07-20T00:00"), "2021-07-20T00:00") is None
        assert action(rules, record("2020-07-01T00:00"), "2020-07-19T00:00") is None


def test_filters() -> None:
    rules = lifecycle(
        "<Prefix>logs/</Prefix><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>b</Key><Value>2</Value></Tag>"
        "<Filter><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan><ObjectSizeLessThan>15</ObjectSizeLessThan>"
        "<Not><Prefix>logs/keep/</Prefix></Not><Not><Tag><Key>keep</Key><Value>yes</Value></Tag></Not></Filter>"
        "<Expiration><Days>1</Days></Expiration>"
    )
    tags = {"a": "1", "b": "2", "c": "3"}
    later = "2021-01-01T00:00"
    assert action(rules, record(tags=tags), later) == DELETE
    assert action(rules, record(tags=tags), later, "other/a") is None
    assert action(rules, record(tags=tags), later, "logs/keep/a") is None
    assert action(rules, record(tags={"a": "1"}), later) is None
    assert action(rules, record(tags=tags | {"keep": "yes"}), later) is None
    for size, goes in ((5, False), (6, True), (14, True), (15, False)):
        sized = ObjectRecord(NORMAL, size, 0, ETAG, tags=tags)
        assert action(rules, sized, later) == (DELETE if goes else None)


def test_of_what_is_due_at_once_the_strongest_is_done() -> None:
    rules = lifecycle(
        "<Prefix/><Transition><Days>10</Days><StorageClass>IA</StorageClass></Transition>"
        "<Transition><Days>20</Days><StorageClass>Archive</StorageClass></Transition>",
        "<Prefix>logs/</Prefix><Expiration><Days>30</Days></Expiration>",
    )
    found = [action(rules, record("2020-07-01T00:00"), f"2020-07-{day}T00:00") for day in (10, 11, 21, 31)]
    assert found == [None, "IA", "Archive", DELETE]
    assert action(rules, record("2020-07-01T00:00", storage_class="Archive"), "2020-07-30T00:00") is None
    assert action(rules, record("2020-07-01T00:00"), "2021-07-31T00:00", "doc") == "Archive"


def test_what_cannot_be_archived() -> None:
    rules = lifecycle("<Prefix/><Transition><Days>1</Days><StorageClass>ColdArchive</StorageClass></Transition>")
    later = "2021-01-01T00:00"
    for kind, expected in ((NORMAL, "ColdArchive"), (APPENDABLE, None), (SYMLINK, None)):
        assert action(rules, ObjectRecord(kind, 1, 0, ETAG), later) == expected


def test_versions_that_are_not_the_present_one() -> None:
    rules = lifecycle(
        "<Prefix/><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"
        "<NoncurrentVersionTransition><NoncurrentDays>5</NoncurrentDays><StorageClass>IA</StorageClass>"
        "</NoncurrentVersionTransition>"
        "<NoncurrentVersionExpiration><NoncurrentDays>10</NoncurrentDays></NoncurrentVersionExpiration>"
    )
    old = Aged("k", record("2019-01-01T00:00", version=1), ms("2020-07-01T00:00"), alone=False)
    assert [action(rules, old, f"2020-07-{day}T00:00") for day in ("05", "06", "11")] == [None, "IA", EXPUNGE]
    marker = ObjectRecord(DELETE_MARKER, 0, 0, "")
    assert action(rules, Aged("k", marker), "2020-07-01T00:00") == EXPUNGE
    assert action(rules, Aged("k", marker, alone=False), "2020-07-01T00:00") is None
    assert action(rules, record("2019-01-01T00:00"), "2020-07-01T00:00") is None


def test_uploads_under_way() -> None:
    rules = lifecycle("<Prefix>up/</Prefix><AbortMultipartUpload><Days>2</Days></AbortMultipartUpload>")
    upload = Upload("0" * 32, "up/a", ms("2020-07-01T01:00"), "1")
    assert not rules.aborts(upload, ms("2020-07-03T00:00"))
    assert rules.aborts(upload, ms("2020-07-04T00:00"))
    assert not rules.aborts(Upload("0" * 32, "else", 0, "1"), ms("2020-07-04T00:00"))


def test_a_disabled_rule_does_nothing() -> None:
    kept = document("<Prefix/><Expiration><Days>1</Days></Expiration>").replace("Enabled", "Disabled")
    assert parse_lifecycle(kept).rules == ()


def test_the_dialect_of_s3_has_its_prefix_in_a_filter() -> None:
    """A rule whose prefix were overlooked would delete the whole bucket."""
    rules = lifecycle("<Filter><Prefix>logs/</Prefix></Filter><Expiration><Days>1</Days></Expiration>")
    assert action(rules, record(), "2021-01-01T00:00", "doc") is None
    assert action(rules, record(), "2021-01-01T00:00") == DELETE


def test_a_reader_is_told_when_an_object_goes() -> None:
    rule = document(
        "<Prefix>logs/</Prefix><Expiration><Days>30</Days></Expiration>",
        "<Prefix>logs/a</Prefix><Expiration><Days>1</Days></Expiration>",
    )
    bucket = Bucket("b", 1, "1", 0, settings={"lifecycle": rule})
    assert expiration_header(bucket, "logs/a", record("2020-07-20T01:00")) == {
        "x-oss-expiration": 'expiry-date="Wed, 22 Jul 2020 00:00:00 GMT", rule-id="r1"'
    }
    assert expiration_header(bucket, "doc", record()) == {}
    assert expiration_header(Bucket("b", 1, "1", 0), "logs/a", record()) == {}


@pytest.mark.parametrize(
    "rule",
    [
        "<Prefix/><Expiration/>",
        "<Prefix/><Expiration><Days>0</Days></Expiration>",
        "<Prefix/><Expiration><Days>1</Days><Date>2020-07-20T00:00:00.000Z</Date></Expiration>",
        "<Prefix/><Expiration><Date>2020-07-20T08:00:00.000Z</Date></Expiration>",
        "<Prefix/><Expiration><Days>1</Days></Expiration><Filter><Not/></Filter>",
        "<Prefix/><AbortMultipartUpload><Days>1</Days></AbortMultipartUpload><Tag><Key>a</Key><Value/></Tag>",
        "<Prefix/><Transition><Days>1</Days><StorageClass>Standard</StorageClass></Transition>",
        "<Prefix/><Transition><Days>9</Days><StorageClass>IA</StorageClass></Transition>"
        "<Transition><Days>9</Days><StorageClass>Archive</StorageClass></Transition>",
        "<Prefix/><Transition><Days>9</Days><StorageClass>IA</StorageClass></Transition>"
        "<Expiration><Days>9</Days></Expiration>",
        "<Prefix/><Expiration><Days>1</Days></Expiration><Filter><ObjectSizeGreaterThan>9</ObjectSizeGreaterThan>"
        "<ObjectSizeLessThan>9</ObjectSizeLessThan></Filter>",
    ],
)
def test_what_makes_no_sense_is_refused(rule: str) -> None:
    with pytest.raises(InvalidArgument):
        document(rule)


def test_rules_by_access_time_are_refused_by_name() -> None:
    with pytest.raises(Unsupported, match="IsAccessTime"):
        document(
            "<Prefix/><Transition><Days>1</Days><StorageClass>IA</StorageClass><IsAccessTime>true</IsAccessTime>"
            "</Transition>"
        )


times = st.integers(0, 40 * 365 * DAY_MS)
whens = st.builds(When, days=st.integers(1, 4000)) | st.builds(When, date_ms=times.map(midnight_after))
prefixes = st.text("ab/", max_size=3)
tag_sets = st.dictionaries(st.sampled_from("xy"), st.sampled_from("12"))
rule_sets = st.lists(
    st.builds(
        Rule,
        id=st.just("r"),
        prefix=prefixes,
        tags=tag_sets.map(lambda tags: tuple(tags.items())),
        larger_than=st.none() | st.integers(0, 50),
        expiration=st.none() | whens,
        transitions=st.lists(st.tuples(st.sampled_from(STORAGE_CLASSES[1:]), whens), max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=4,
).map(lambda rules: Lifecycle(tuple(rules)))
records = st.builds(
    ObjectRecord,
    kind=st.sampled_from((NORMAL, APPENDABLE, SYMLINK)),
    size=st.integers(0, 100),
    modified_ms=times,
    etag=st.just(ETAG),
    storage_class=st.sampled_from(STORAGE_CLASSES),
    tags=tag_sets,
)


@given(rule_sets, st.text("ab/", min_size=1, max_size=5), records, times)
def test_decisions(rules: Lifecycle, key: str, item: ObjectRecord, now_ms: int) -> None:
    step = rules.decide(Aged(key, item), now_ms)
    if step is None:
        return
    assert key.startswith(rules.prefix)
    assert item.modified_ms <= rules.newest_ms(now_ms), "a quick look at the time would have passed it over"
    if step.action in STORAGE_CLASSES:
        assert STORAGE_CLASSES.index(step.action) > STORAGE_CLASSES.index(item.storage_class), "only ever colder"
    again = rules.decide(Aged(key, item), now_ms + DAY_MS)
    assert again is not None, "what is due stays due"
    expiry = rules.expiry(key, item)
    assert (step.action == DELETE) == (expiry is not None and expiry[0] <= now_ms), "as the header promised"


@given(whens, times)
def test_things_are_due_at_midnight_and_not_too_early(when: When, since_ms: int) -> None:
    due_ms = when.due_ms(since_ms)
    if due_ms is None:
        return
    assert due_ms % DAY_MS == 0
    if when.days:
        assert when.days * DAY_MS <= due_ms - since_ms < (when.days + 1) * DAY_MS
