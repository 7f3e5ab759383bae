"""How many compute units a job has: the article's four, or as many as it has processes, or what its session says."""

import pytest

from yunbox.services.flink.metering import processes, units


@pytest.mark.parametrize(
    ("settings", "parallelism", "expected"),
    [
        ({}, 1, 4.0),
        ({}, 3, 4.0),
        ({}, 7, 8.0),
        ({"yunbox.job.cu": "2.5"}, 7, 2.5),
        ({"yunbox.job.cu": "many"}, 7, 8.0),
    ],
)
def test_units(settings: dict[str, str], parallelism: int, expected: float) -> None:
    assert units(settings, processes({"parallelism": parallelism})) == expected


def test_a_job_of_which_nothing_was_told_yet() -> None:
    assert (processes({}), units({})) == (1, 4.0)
