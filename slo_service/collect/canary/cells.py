"""From the ledger to cells: whatever changed is counted again from the ledger's pages, whole, never added up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from slo_service.collect.canary.judge import tally
from slo_service.collect.canary.ledger import CanaryLedger
from slo_service.collect.canary.shelf import PAGE_NS, Leaf
from slo_service.domain.cell import CellKey, Revision, Sample
from slo_service.domain.indicator import Completeness, Duplicates, Freshness, Intake, Stream
from slo_service.domain.instant import MINUTE, floor_to
from slo_service.domain.tally import Tally

JudgedByCanary = Freshness | Completeness | Intake
_LEAP_NS = 10 * MINUTE  # so far ahead it is cheaper to look at the pages there are than at all there might be
_BACK_NS = 10 * MINUTE  # a watermark that falls by more was never true: a step of the clock that was taken back
_MOST_REMEMBERED = 100_000  # cells whose last words are kept, so that the same is not said twice


class CellBook:
    """Samples for the streams on one canary. `epoch` outranks every earlier owner's; within it revisions are counted on
    from `begun_ns`, so that a collector built anew by the same owner outranks the one before."""

    def __init__(self, canary: str, region: str, streams: Sequence[Stream], epoch: int, begun_ns: int) -> None:
        self._prefix = f"{canary}/{region}"
        self._streams = [(stream, stream.id) for stream in streams]  # an id is a hash: computed once
        self._epoch, self._counter = epoch, begun_ns
        self._said: dict[CellKey, Tally] = {}
        self._through: dict[str, int] = {}  # by stream: the send time up to which its cells were counted last

    @property
    def streams(self) -> Sequence[tuple[Stream, str]]:
        """With their ids."""
        return self._streams

    @property
    def span_ns(self) -> int:
        return math.lcm(PAGE_NS, *(stream.slice_width_ns for stream, _ in self._streams))

    @property
    def arrival_ns(self) -> int:
        widths = (s.slice_width_ns for s, _ in self._streams if isinstance(s.indicator, Duplicates))
        return math.gcd(PAGE_NS, *widths)

    def source(self, partition: int) -> str:
        return f"{self._prefix}/{partition}"

    def samples(self, ledger: CanaryLedger, through: Mapping[str, int]) -> tuple[Sample, ...]:
        """Every cell that differs from what was last said of it. Idle cells are said only of arrivals: for the others
        it is the schedule that tells how much was to be judged.

        `through`: by stream, the send time up to which it is judged, which is its watermark. A canary sent later counts
        nowhere yet, also when it has already arrived: a window that ends at the watermark would hold the fast ones of
        the time after it, and none of the slow."""
        found = []
        for key, counts, idle_too in self._counted(ledger, through):
            before = self._said.get(key, None if idle_too else Tally())
            if counts != before:
                self._counter += 1
                self._said.pop(key, None)
                self._said[key] = counts
                found.append(Sample(key, counts, Revision(self._epoch, self._counter)))
        while len(self._said) > _MOST_REMEMBERED:
            del self._said[next(iter(self._said))]
        return tuple(found)

    def _counted(self, ledger: CanaryLedger, through: Mapping[str, int]) -> Iterator[tuple[CellKey, Tally, bool]]:
        for stream, name in self._streams:
            width_ns = stream.slice_width_ns
            if isinstance(stream.indicator, Duplicates):
                for partition, start_ns in _slots(ledger.arrived, width_ns, ledger.arrival_ns, stream.indicator.at):
                    key = CellKey(name, self.source(partition), start_ns)
                    yield key, _arrived(ledger, stream.indicator.at, partition, start_ns, width_ns), True
            elif isinstance(stream.indicator, JudgedByCanary) and (until_ns := through.get(name)) is not None:
                before_ns = self._through.get(name)
                if before_ns is not None and until_ns < before_ns <= until_ns + _BACK_NS:
                    until_ns = before_ns  # the clock was set back: what was judged stays so
                self._through[name] = until_ns
                passed = _passed(ledger, before_ns, until_ns)
                for partition, start_ns in _slots(ledger.changed | passed, width_ns, PAGE_NS, ""):
                    key = CellKey(name, self.source(partition), start_ns)
                    counts = tally(
                        ledger.shelf.between(partition, start_ns, min(start_ns + width_ns, until_ns)), stream.indicator
                    )
                    if start_ns + width_ns <= until_ns or counts.total >= self._said.get(key, counts).total:
                        yield (
                            key,
                            counts,
                            False,
                        )  # else the watermark fell back into it: it is counted when passed again


def _passed(ledger: CanaryLedger, before_ns: int | None, until_ns: int) -> set[Leaf]:
    """Pages that the watermark has touched since; at the start those that were not closed, whoever left them so."""
    if before_ns is None:
        return {leaf for leaf, page in ledger.shelf.sent.items() if page.open}
    if until_ns - before_ns > _LEAP_NS:
        return {leaf for leaf in ledger.shelf.sent if before_ns - PAGE_NS < leaf.start_ns < until_ns}
    starts = range(floor_to(before_ns, PAGE_NS), until_ns, PAGE_NS)
    return {Leaf(partition, start_ns) for start_ns in starts for partition in ledger.partitions}


def _slots(leaves: Iterable[Leaf], width_ns: int, page_ns: int, hop: str) -> list[tuple[int, int]]:
    """(partition, start) of all slices of the given width that share an instant with the pages."""
    found = {
        (leaf.partition, start_ns)
        for leaf in leaves
        if leaf.hop == hop
        for start_ns in range(floor_to(leaf.start_ns, width_ns), leaf.start_ns + page_ns, width_ns)
    }
    return sorted(found)


def _arrived(ledger: CanaryLedger, hop: str, partition: int, start_ns: int, width_ns: int) -> Tally:
    good = bad = 0
    for at_ns in range(start_ns, start_ns + width_ns, ledger.arrival_ns):
        arrivals = ledger.shelf.arrived.get(Leaf(partition, at_ns, hop))
        if arrivals is not None:
            good, bad = good + arrivals.firsts, bad + arrivals.repeats
    return Tally(good, bad)
