"""Stretches of time: merged, and looked up by bisection."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

from slo_service.domain.adjustment import Span


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time, in order, as spans that neither overlap nor touch; those without length are left out."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda each: each.from_ns):
        if found and span.from_ns <= found[-1].to_ns:
            found[-1] = Span(found[-1].from_ns, max(found[-1].to_ns, span.to_ns))
        elif span.from_ns < span.to_ns:
            found.append(span)
    return tuple(found)


def apart(one: Iterable[Span], other: Iterable[Span]) -> tuple[Span, ...]:
    """The time that is in exactly one of the two, each of which is merged."""
    edges = sorted(edge for spans in (one, other) for span in spans for edge in (span.from_ns, span.to_ns))
    return merged(Span(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True))


class Spans:
    """Merged spans, to be asked of often."""

    __slots__ = ("_before", "_starts", "spans")

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self.spans = merged(spans)
        self._starts = [span.from_ns for span in self.spans]
        self._before = [0, *accumulate(span.to_ns - span.from_ns for span in self.spans)]

    def contains(self, instant_ns: int) -> bool:
        index = bisect_right(self._starts, instant_ns) - 1
        return index >= 0 and instant_ns < self.spans[index].to_ns

    def overlap_ns(self, start_ns: int, end_ns: int) -> int:
        """For how long of the range any of them holds."""
        return self._until(end_ns) - self._until(start_ns) if start_ns < end_ns else 0

    def _until(self, instant_ns: int) -> int:
        index = bisect_right(self._starts, instant_ns) - 1
        if index < 0:
            return 0
        span = self.spans[index]
        return self._before[index] + min(instant_ns, span.to_ns) - span.from_ns

    def within(self, start_ns: int, end_ns: int) -> tuple[Span, ...]:
        """Their parts in the range."""
        first = max(bisect_right(self._starts, start_ns) - 1, 0)
        found = []
        for span in self.spans[first : bisect_right(self._starts, end_ns)]:
            low, high = max(span.from_ns, start_ns), min(span.to_ns, end_ns)
            if low < high:
                found.append(Span(low, high))
        return tuple(found)

    def next_outside(self, instant_ns: int) -> int:
        """The instant, or the end of the span that contains it."""
        index = bisect_right(self._starts, instant_ns) - 1
        return max(instant_ns, self.spans[index].to_ns) if index >= 0 else instant_ns
