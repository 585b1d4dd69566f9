from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_service.definitions.finding import Mark
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.rehearse.segment import Flow, Look, Segment

START = 1_790_000_000 * SECOND
MARK = Mark("case.yaml")


def segment(start: int, end: int, bad: Fraction = Fraction(0), look: Look = Look.MEASURED) -> Segment:
    return Segment(start * SECOND, end * SECOND, look, bad, None, MARK)


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    """Any segments one after the other, with gaps, whose bad events are a whole number."""
    rate = draw(st.sampled_from([Fraction(1), Fraction(1, 10), Fraction(7, 3), Fraction(40)]))
    edges = sorted(draw(st.sets(st.integers(0, 2_000), max_size=8)))
    segments: list[Segment] = []
    for begin, end in zip(edges[::2], edges[1::2], strict=False):
        look = draw(st.sampled_from(Look))
        plain = segment(begin, end, look=look)
        events = Flow(START, rate).events(plain)
        bad = Fraction(draw(st.integers(0, events)), events) if events else Fraction(0)
        segments.append(segment(begin, end, bad, look))
    return Flow(START, rate, tuple(segments))


@given(flows(), st.lists(st.integers(1, 400), max_size=30))
def test_what_is_fed_is_what_was_written_whatever_the_ticks(flow: Flow, ticks: list[int]) -> None:
    at, good, bad = START, 0, 0
    for tick in [*ticks, 2_000]:
        for stretch in flow.stretches(at, at + tick * SECOND, 10 * SECOND):
            good, bad = good + stretch.tally.good, bad + stretch.tally.bad
        at += tick * SECOND
    written = [(flow.events(s), s.bad) for s in flow.segments]
    assert bad == sum(int(events * share) for events, share in written)
    silent = sum(Flow(START, flow.rate).events(segment(s.start_ns // SECOND, s.end_ns // SECOND))
                 for s in flow.segments if s.look is not Look.MEASURED)  # fmt: skip
    whole = Flow(START, flow.rate).events(segment(0, (at - START) // SECOND))
    assert good + bad == whole - silent


@given(flows(), st.integers(0, 2_000), st.integers(1, 900))
def test_a_stretch_lies_in_its_slice(flow: Flow, since: int, length: int) -> None:
    starts = [
        s.slice_start_ns for s in flow.stretches(START + since * SECOND, START + (since + length) * SECOND, MINUTE)
    ]
    assert starts == sorted(starts)
    assert all(start % MINUTE == 0 for start in starts)
    assert all(START + since * SECOND - MINUTE < start < START + (since + length) * SECOND for start in starts)


@pytest.mark.parametrize(("look", "stretches"), [(Look.UNMEASURED, 0), (Look.IDLE, 6)])
def test_idle_is_looked_at_and_unmeasured_is_not(look: Look, stretches: int) -> None:
    flow = Flow(START, Fraction(1), (segment(0, 60, look=look),))
    seen = list(flow.stretches(START, START + MINUTE, 10 * SECOND))
    assert len(seen) == stretches
    assert sum(stretch.tally.total for stretch in seen) == 0


def test_bad_events_are_spread_evenly() -> None:
    flow = Flow(START, Fraction(1), (segment(0, 60, Fraction(1, 4)),))
    bad = [stretch.tally.bad for stretch in flow.stretches(START, START + MINUTE, 20 * SECOND)]
    assert bad == [5, 5, 5]
