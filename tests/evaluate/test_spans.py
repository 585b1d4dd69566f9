from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from slo_service.domain.instant import HOUR, MINUTE, SECOND
from slo_service.evaluate.adjust.spans import Spans, apart, merged
from tests.evaluate.test_adjusted import NOW, SPANS


@given(st.lists(SPANS, max_size=5))
def test_merged_spans_are_in_order_and_apart(spans) -> None:
    found = merged(spans)
    edges = [edge for span in found for edge in (span.from_ns, span.to_ns)]
    assert edges == sorted(set(edges))
    assert merged(reversed(spans)) == found


@given(st.lists(SPANS, max_size=4), st.lists(SPANS, max_size=4))
def test_time_that_is_in_one_of_two_is_what_comparing_seconds_gives(one, other) -> None:
    first, second = merged(one), merged(other)
    found, left, right = Spans(apart(first, second)), Spans(first), Spans(second)
    for instant in range(NOW - HOUR, NOW + 12 * MINUTE, 7 * SECOND):
        assert found.contains(instant) == (left.contains(instant) != right.contains(instant))
