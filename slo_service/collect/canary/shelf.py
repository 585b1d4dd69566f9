"""The pages of the ledger that are in memory, and which others may exist in the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from slo_service.collect.canary.envelope import CanaryId
from slo_service.collect.canary.judge import Entry
from slo_service.collect.canary.page import Arrivals
from slo_service.domain.instant import HOUR, SECOND, floor_to

PAGE_NS = 10 * SECOND
MEMORY_NS = 2 * HOUR
MOST_ENTRIES = 20_000  # canaries without an open question that are kept in memory; older ones come back from the store


class Leaf(NamedTuple):
    """Which page: of what was sent to a partition, or (`hop` given) of what arrived of it at a hop."""

    partition: int
    start_ns: int
    hop: str = ""


@dataclass(slots=True)
class SentPage:
    entries: dict[tuple[str, int, int], Entry] = field(default_factory=dict)
    open: bool = True


class Shelf:
    """`span_ns` is the widest slice of any stream: all pages of a span are in memory, or none, so that a cell can
    always be counted whole. `arrival_ns` is the width of pages of arrivals."""

    def __init__(self, span_ns: int, arrival_ns: int) -> None:
        self.sent: dict[Leaf, SentPage] = {}
        self.arrived: dict[Leaf, Arrivals] = {}
        self._span_ns = max(span_ns, PAGE_NS)
        self._arrival_ns = arrival_ns
        self._complete_since_ns = 0
        self._spans: set[tuple[int, int]] = set()  # older than that, and loaded all the same

    def complete_since(self, instant_ns: int) -> int:
        """Declare everything from about here on to be in memory; returns from where exactly."""
        self._complete_since_ns = floor_to(instant_ns, self._span_ns)
        return self._complete_since_ns

    def leaf_of(self, who: CanaryId) -> Leaf:
        return Leaf(who.partition, floor_to(who.sent_ns, PAGE_NS))

    def arrival_leaf(self, hop: str, partition: int, instant_ns: int) -> Leaf:
        return Leaf(partition, floor_to(instant_ns, self._arrival_ns), hop)

    def holds(self, leaf: Leaf) -> bool:
        if leaf.start_ns >= self._complete_since_ns:
            return True
        if leaf.hop:
            return leaf in self.arrived
        return (leaf.partition, floor_to(leaf.start_ns, self._span_ns)) in self._spans

    def span(self, leaf: Leaf) -> tuple[Leaf, ...]:
        """All pages that must be loaded together with this one."""
        if leaf.hop:
            return (leaf,)
        start_ns = floor_to(leaf.start_ns, self._span_ns)
        return tuple(Leaf(leaf.partition, at_ns) for at_ns in range(start_ns, start_ns + self._span_ns, PAGE_NS))

    def loaded(self, leaf: Leaf) -> None:
        """Whatever the store has of this page's span is in memory now, even if that is nothing."""
        if leaf.hop:
            self.arrived.setdefault(leaf, Arrivals())
        else:
            self._spans.add((leaf.partition, floor_to(leaf.start_ns, self._span_ns)))

    def find(self, who: CanaryId) -> Entry | None:
        page = self.sent.get(self.leaf_of(who))
        return None if page is None else page.entries.get(who.key)

    def add(self, entry: Entry) -> None:
        self.sent.setdefault(self.leaf_of(entry.id), SentPage()).entries[entry.id.key] = entry

    def between(self, partition: int, from_ns: int, until_ns: int) -> Iterator[Entry]:
        """Canaries sent to the partition in [from, until)."""
        for start_ns in range(floor_to(from_ns, PAGE_NS), until_ns, PAGE_NS):
            page = self.sent.get(Leaf(partition, start_ns))
            if page is not None:
                yield from (entry for entry in page.entries.values() if from_ns <= entry.id.sent_ns < until_ns)

    def entries(self) -> Iterator[Entry]:
        for page in self.sent.values():
            yield from page.entries.values()

    def trim(self, now_ns: int) -> tuple[Entry, ...]:
        """Drop spans that are old, closed and written; returns the canaries that left."""
        cutoff_ns = max(self._complete_since_ns, floor_to(self._cutoff(now_ns), self._span_ns))
        kept_open = {self._span_of(leaf) for leaf, page in self.sent.items() if page.open}
        leaving = [leaf for leaf in self.sent if leaf.start_ns < cutoff_ns and self._span_of(leaf) not in kept_open]
        gone = [entry for leaf in leaving for entry in self.sent.pop(leaf).entries.values()]
        self._spans = {span for span in kept_open if span[1] < cutoff_ns}
        self.arrived = {leaf: count for leaf, count in self.arrived.items() if leaf.start_ns >= cutoff_ns}
        self._complete_since_ns = cutoff_ns
        return tuple(gone)

    def _span_of(self, leaf: Leaf) -> tuple[int, int]:
        return leaf.partition, floor_to(leaf.start_ns, self._span_ns)

    def _cutoff(self, now_ns: int) -> int:
        room = MOST_ENTRIES
        for start_ns, count in sorted(_sizes(self.sent.items()), reverse=True):
            room -= count
            if room < 0:
                return max(start_ns + PAGE_NS, now_ns - MEMORY_NS)
        return now_ns - MEMORY_NS


def _sizes(pages: Iterable[tuple[Leaf, SentPage]]) -> Iterable[tuple[int, int]]:
    return ((leaf.start_ns, len(page.entries)) for leaf, page in pages)
