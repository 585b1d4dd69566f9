from hypothesis import given
from hypothesis import strategies as st

from slo_service.domain.cell import Delta
from slo_service.show.metrics import EventCounters


def delta(good: int, bad: int) -> Delta:
    return Delta("s", 0, good, bad, 0)


def test_an_event_found_late_leaves_both_counters_rising_and_the_difference_exact() -> None:
    counters = EventCounters()
    counters.add([delta(10, 2), delta(1, -1)])
    counted = counters.of("s")
    assert (counted.good, counted.bad, counted.bad_corrected) == (11, 2, 1)


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50))))
def test_no_counter_ever_falls_and_events_minus_corrections_is_the_net_count(changes: list[tuple[int, int]]) -> None:
    counters, before = EventCounters(), (0, 0, 0, 0)
    for good, bad in changes:
        counters.add([delta(good, bad)])
        counted = counters.of("s")
        now = (counted.good, counted.bad, counted.good_corrected, counted.bad_corrected)
        assert all(after >= was for after, was in zip(now, before, strict=True))
        before = now
    assert before[0] - before[2] == sum(good for good, _ in changes)
    assert before[1] - before[3] == sum(bad for _, bad in changes)


def test_a_stream_that_has_not_counted_yet_stands_at_zero() -> None:
    assert EventCounters().of("s").good == 0


def test_a_stream_no_definition_uses_is_forgotten() -> None:
    counters = EventCounters()
    counters.add([delta(1, 0), Delta("gone", 0, 1, 0, 0)])
    counters.keep(["s"])
    assert (counters.of("s").good, counters.of("gone").good) == (1, 0)
