from __future__ import annotations

import pytest

from slo_service.collect.canary.log_ends import Floors
from slo_service.collect.canary.report import Moment
from slo_service.collect.canary.start import Start, begin, position_name

LOW, HIGH = {0: 10}, {0: 50}


@pytest.mark.parametrize(
    ("topic_id", "stored", "was_there", "expected"),
    [
        pytest.param("X", {}, True, Start({0: 50}), id="the very first time: from the end"),
        pytest.param("X", {}, False, Start({0: 10}), id="a partition that joined while we read: from its start"),
        pytest.param("X", {"t/X/1": "7"}, False, Start({0: 10}), id="a partition that joined while we were away"),
        pytest.param("X", {"t/X/0": "20"}, True, Start({0: 20}), id="where we stood"),
        pytest.param("X/+/Y", {"t/X/+/Y/0": "20"}, True, Start({0: 20}), id="where we stood, under an id with slashes"),
        pytest.param("X", {"t/X/0": "50"}, True, Start({0: 50}), id="at the end, where we stood"),
        pytest.param(None, {"t/X/0": "20"}, True, Start({0: 20}), id="where we stood, when the id is not told"),
        pytest.param("X", {"t/-/0": "20"}, True, Start({0: 20}), id="where we stood, when the id was not told then"),
        pytest.param("X", {"other/X/0": "20"}, True, Start({0: 50}), id="positions of another topic"),
        pytest.param(
            "X",
            {"t/X/0": "5"},
            True,
            Start({0: 10}, "truncated: t/0 starts at 10, we stood at 5"),
            id="behind the start",
        ),
        pytest.param(
            None,
            {"t/-/0": "60"},
            True,
            Start({0: 10}, "topicRecreated: t/0 ends at 50, we stood at 60"),
            id="beyond the end, of a topic without an id",
        ),
        pytest.param(
            "X",
            {"t/X/0": "60"},
            True,
            Start({0: 50}, "truncated: t/0 ends at 50, we stood at 60"),
            id="beyond the end of the same topic",
        ),
        pytest.param(
            "Y", {"t/X/0": "20"}, True, Start({0: 10}, "topicRecreated: t has the id Y now"), id="another topic's id"
        ),
    ],
)
def test_where_reading_begins(topic_id: str | None, stored: dict[str, str], was_there: bool, expected: Start) -> None:
    assert begin("t", topic_id, stored, LOW, HIGH, from_end=frozenset({0} if was_there else ())) == expected


def test_positions_of_a_recreated_topic_are_other_positions() -> None:
    assert position_name("t", "X", 0) != position_name("t", "Y", 0) != position_name("t", None, 0)


def test_a_record_was_not_there_when_the_log_ended_before_it() -> None:
    floors = Floors()
    for end, at in ((5, 1), (5, 2), (8, 3), (12, 4)):
        floors.learn(end, Moment(at, at))
    assert [floors.before(offset) for offset in (4, 5, 7, 8, 12)] == [
        None, Moment(2, 2), Moment(2, 2), Moment(3, 3), Moment(4, 4),
    ]  # fmt: skip
