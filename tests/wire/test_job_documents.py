"""Jobs as PyODPS submits them."""

import pytest
from odps.models import SQLTask
from odps.models.instances import Instances
from odps.models.tasks import MergeTask, SQLCostTask

from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.odps.jobs import parse_job, parse_settings


def submitted(*tasks, **kwargs):
    for task in tasks[1:]:
        kwargs.setdefault("job", Instances._create_job(task=tasks[0])).add_task(task)
    job = Instances._create_job(task=None if "job" in kwargs else tasks[0], **kwargs)
    return Instances._get_submit_instance_content(job).encode()


def test_a_query():
    task = SQLTask(query="select '<é>' as \"a&b\" where 1 ]] 2")
    task.update_sql_settings({"odps.sql.allow.fullscan": True, "n": 5})
    task.update_aliases({"r": "s"})
    job = parse_job(submitted(task, priority=3, unique_identifier_id="again"))
    (found,) = job.tasks
    assert (job.priority, job.guid, job.run_mode) == (3, "again", "Sequence")
    assert (found.kind, found.name) == ("SQL", "AnonymousSQLTask")
    assert found.query == "select '<é>' as \"a&b\" where 1 ]] 2;"
    assert found.settings["odps.sql.allow.fullscan"] == "true"
    assert found.settings["n"] == "5"
    assert set(found.properties) == {"uuid", "aliases"}


def test_other_kinds_and_several_tasks():
    merge = MergeTask(name="m", table="t")
    job = parse_job(submitted(SQLCostTask(query="select 1"), merge))
    assert [task.kind for task in job.tasks] == ["SQLCost", "Merge"]
    assert job.tasks[1].elements == {"TableName": "t"}


def test_a_bare_job_with_defaults():
    job = parse_job(b"<Job><Tasks><SQL><Query>select 1</Query></SQL></Tasks></Job>")
    assert (job.priority, job.tasks[0].name, job.tasks[0].settings) == (9, "AnonymousSQLTask", {})


SQL = b"<Tasks><SQL><Query/>%s</SQL></Tasks>"


@pytest.mark.parametrize(
    "inner",
    [
        b"", b"<Tasks/>", b"<Tasks>" + b"<SQL/>" * 65 + b"</Tasks>", b"<Priority>high</Priority>" + SQL % b"",
        SQL % b"<Config><Property><Name>settings</Name><Value>[]</Value></Property></Config>",
        SQL % b"<Config><Property><Name>settings</Name><Value>{</Value></Property></Config>",
    ],
)  # fmt: skip
def test_bad_jobs(inner):
    with pytest.raises(InvalidArgument):
        parse_job(b"<Instance><Job>" + inner + b"</Job></Instance>")


def test_a_body_without_a_job():
    with pytest.raises(InvalidArgument):
        parse_job(b"<Instance/>")


def test_settings():
    assert parse_settings('{"a": true, "b": null, "c": "x", "d": 1.5}') == {"a": "true", "c": "x", "d": "1.5"}
    with pytest.raises(InvalidArgument):
        parse_settings("[" * 100_000)
