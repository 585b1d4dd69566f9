from slo_service.collect.kafka_lag.diagnosis import FALLING_BEHIND, RECREATED, REWOUND, STOPPED, CommitHistory, worst
from slo_service.collect.kafka_lag.offsets import PartitionOffsets
from slo_service.domain.instant import MINUTE, SECOND


def history_of(*rows: tuple[int, int, int], history: CommitHistory | None = None) -> list[str]:
    """Rows of (second, committed, waiting)."""
    history = history or CommitHistory(SECOND)
    return [history.see(PartitionOffsets(0, c, c + w), w, False, s * SECOND) for s, c, w in rows]


def steady(seconds: int, step: int) -> list[tuple[int, int, int]]:
    return [(second, second // step * 10, 5) for second in range(seconds)]


def test_a_group_that_commits_every_second_has_stopped_after_three_without():
    rows = [*steady(60, step=1), *((second, 590, 5) for second in range(60, 70))]
    assert history_of(*rows).index(STOPPED) == 62


def test_a_group_that_commits_every_ten_seconds_is_given_thirty():
    rows = [*steady(120, step=10), *((second, 110, 5) for second in range(120, 180))]
    found = history_of(*rows)
    assert found.index(STOPPED) == 140


def test_nothing_unread_is_no_stop_however_long():
    assert set(history_of(*((second, 10, 0) for second in range(600)))) == {""}


def test_a_new_group_is_given_three_of_kafkas_own_commit_intervals():
    found = history_of(*((second, 10, 5) for second in range(20)))
    assert found.index(STOPPED) == 15


def test_unread_data_that_only_grow_while_commits_move_are_falling_behind():
    assert history_of(*((second, second, 10 + second) for second in range(10)))[-1] == FALLING_BEHIND


def test_unread_data_that_shrank_once_are_not_falling_behind():
    rows = [(second, second, 10 + second if second != 5 else 3) for second in range(10)]
    assert history_of(*rows)[-1] == ""


def test_a_commit_that_goes_back_is_said_for_a_minute():
    history = CommitHistory(SECOND)
    assert history_of((0, 100, 0), (1, 40, 0), history=history)[-1] == REWOUND
    assert history_of((61, 40, 0), (62, 40, 0), history=history) == [REWOUND, ""]


def test_a_recreated_topic_is_not_called_a_rewind():
    history = CommitHistory(SECOND)
    history_of((0, 100, 0), history=history)
    assert history.see(PartitionOffsets(0, 0, 3), 3, True, MINUTE) == RECREATED


def test_the_most_urgent_partition_speaks_for_the_group():
    assert worst(["", FALLING_BEHIND, STOPPED]) == STOPPED
    assert worst([]) == ""
