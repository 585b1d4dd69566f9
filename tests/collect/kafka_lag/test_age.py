from dataclasses import dataclass, field

import pytest

from slo_service.collect.kafka_lag.age import MOST_POINTS, EndHistory, PartitionWatch
from slo_service.collect.kafka_lag.offsets import DataRecord, FirstUnread, NoRecord, PartitionOffsets, Stamp
from slo_service.collect.ports import PartitionAge
from slo_service.domain.instant import MILLISECOND, MINUTE, SECOND

WALL_AT_ZERO = 1_800_000_000 * SECOND


@dataclass
class Log:
    """One partition as the watch is shown it: a poll a second unless told otherwise."""

    watch: PartitionWatch = field(default_factory=lambda: PartitionWatch(3 * SECOND))

    def poll(
        self, at_ns: int, committed: int | None, end: int, *, begin: int | None = None, first: FirstUnread | None = None
    ) -> PartitionAge:
        stamp = Stamp(WALL_AT_ZERO + at_ns, at_ns)
        offsets = PartitionOffsets(0, committed, end, begin)
        look_from = self.watch.see(offsets, stamp)
        if look_from is not None:
            self.watch.found(look_from, first or DataRecord(look_from))
        return self.watch.age(offsets, stamp)


def test_a_group_that_has_read_everything_is_not_old_however_quiet_the_source():
    log = Log()
    log.poll(0, 10, 10)
    assert log.poll(MINUTE, 10, 10).age_ns == 0


def test_the_age_counts_from_the_last_time_the_record_was_not_there_yet():
    log = Log()
    log.poll(0, 10, 10)
    log.poll(1 * SECOND, 10, 10)
    log.poll(2 * SECOND, 10, 11)
    age = log.poll(7 * SECOND, 10, 15)
    assert (age.age_ns, age.at_least, age.waiting) == (6 * SECOND, False, 5)


def test_a_backlog_older_than_our_watching_is_at_least_as_old_as_that():
    log = Log()
    log.poll(0, 10, 50)
    age = log.poll(4 * SECOND, 10, 60)
    assert (age.age_ns, age.at_least) == (4 * SECOND, True)


def test_the_brokers_own_timestamp_is_exact_even_for_what_predates_our_watching():
    age = Log().poll(0, 10, 50, first=DataRecord(10, appended_ns=WALL_AT_ZERO - MINUTE))
    assert (age.age_ns, age.at_least, age.method) == (MINUTE, False, "log-append")


def test_a_brokers_clock_ahead_of_ours_does_not_make_an_age_negative():
    log = Log()
    log.poll(0, 10, 10)
    age = log.poll(SECOND, 10, 11, first=DataRecord(10, appended_ns=WALL_AT_ZERO + MINUTE))
    assert age.age_ns == SECOND


def test_our_own_pause_does_not_age_the_pipeline():
    log = Log()
    log.poll(0, 10, 10)
    age = log.poll(60 * SECOND, 400, 410)  # the monitor stood still for a minute; the group did not
    assert (age.age_ns, age.at_least) == (0, True)


def test_control_markers_alone_are_nothing_to_be_read():
    age = Log().poll(0, 10, 12, first=NoRecord(12))
    assert (age.age_ns, age.waiting) == (0, 0)


def test_a_hole_before_the_first_record_is_skipped():
    log = Log()
    log.poll(0, 10, 10)
    log.poll(SECOND, 10, 20, first=NoRecord(20))
    log.poll(2 * SECOND, 10, 20)
    assert log.poll(3 * SECOND, 10, 25, first=DataRecord(22)).age_ns == SECOND


def test_a_record_that_came_after_the_end_was_read_is_not_yet_unread():
    assert Log().poll(0, 10, 12, first=DataRecord(12)).age_ns == 0


@pytest.mark.parametrize(("begin", "age_ns"), [
    pytest.param(7, 0, id="an empty log leaves nothing to read"),
    pytest.param(0, None, id="records and no commit are unknown, not lag from the start"),
])  # fmt: skip
def test_no_committed_offset(begin, age_ns):
    age = Log().poll(0, None, 7, begin=begin)
    assert age.age_ns == age_ns
    assert bool(age.reason) == (age_ns is None)


def test_a_commit_beyond_the_end_is_unknown_and_never_negative_lag():
    age = Log().poll(0, 90, 12)
    assert (age.age_ns, age.waiting) == (None, None)
    assert "beyond the end" in age.reason


def test_a_recreated_topic_starts_a_new_history():
    log = Log()
    log.poll(0, 100, 100)
    log.poll(SECOND, 0, 3)
    assert log.watch.recreated
    assert log.poll(2 * SECOND, 0, 3).at_least


def test_each_record_is_looked_for_once_until_it_is_read():
    watch = PartitionWatch(3 * SECOND)
    stamp = Stamp(WALL_AT_ZERO, 0)
    assert watch.see(PartitionOffsets(0, 10, 20), stamp) == 10
    watch.found(10, DataRecord(14))
    assert watch.see(PartitionOffsets(0, 12, 30), stamp) is None
    assert watch.see(PartitionOffsets(0, 15, 30), stamp) == 15


def test_a_long_backlog_costs_bounded_memory_and_keeps_its_age():
    ends = EndHistory()
    for second in range(3 * MOST_POINTS):
        ends.see(second, second * SECOND)
    wait = ends.waiting(0, 3 * MOST_POINTS * SECOND, 3 * SECOND)
    assert len(ends._ends) <= MOST_POINTS
    assert wait is not None
    assert wait.age_ns == pytest.approx(3 * MOST_POINTS * SECOND, rel=0.001)


@pytest.mark.parametrize("outage_s", [120, 600])
@pytest.mark.parametrize("within_s", [5, 30])
def test_an_outage_in_dense_traffic_costs_its_length_plus_transit_minus_the_limit(outage_s, within_s):
    poll_ns, transit_ns, rate = 200 * MILLISECOND, 400 * MILLISECOND, 1_000
    start_ns, outage_ns, within_ns = 60 * SECOND, outage_s * SECOND, within_s * SECOND
    log = Log(PartitionWatch(3 * poll_ns))
    bad_ns = 0
    for at_ns in range(0, start_ns + 2 * outage_ns, poll_ns):
        end = at_ns * rate // SECOND
        read_until_ns = at_ns - transit_ns
        if start_ns <= at_ns < start_ns + outage_ns:
            read_until_ns = start_ns - transit_ns
        age = log.poll(at_ns, max(0, read_until_ns * rate // SECOND), end)
        bad_ns += poll_ns if age.age_ns is not None and age.age_ns > within_ns else 0
    assert bad_ns == pytest.approx(outage_ns + transit_ns - within_ns, rel=0.01)
