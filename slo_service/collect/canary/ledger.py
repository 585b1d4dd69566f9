"""The ledger of one canary: what was sent, what was seen where, what arrived when. Fed with reports, it says which of
its pages changed; the counts of every cell can be had again from the pages, so nothing is ever added up twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

from slo_service.collect.canary import page as codec
from slo_service.collect.canary.envelope import CanaryId
from slo_service.collect.canary.judge import Entry, Verdict, View, arrived_within
from slo_service.collect.canary.page import ARRIVED, SENT, Arrivals
from slo_service.collect.canary.report import Attempted, Haul, Moment, Outcome, Report, Resolved, Sighting
from slo_service.collect.canary.shelf import MEMORY_NS, PAGE_NS, Leaf, SentPage, Shelf
from slo_service.collect.ports import LedgerPage
from slo_service.domain.indicator import SOURCE
from slo_service.domain.instant import DAY, MINUTE

KEPT_NS = 37 * DAY  # a budget window of 30 days and seven more
_UNANSWERED_NS = 10 * MINUTE  # after the last limit a send that nobody acknowledged and nobody found was never made
_HIGHEST_ATTEMPT = 31
_COPIES_NS = 2 * MINUTE  # for so long after the last limit a canary's rows are counted again
_MOST_OTHERS = 2_000
COUNTED = ("unknown_canary", "negative_latency", "reordered", "foreign_canary", "missed_records")


class CanaryLedger:
    """`limits`: for every hop the times within which some indicator wants a canary there, in nanoseconds.

    `kept_ns`: for how long a canary may still be met; the longest budget window and seven days more.
    `changed` and `arrived` name the pages that differ from what was written last; `clean` empties them."""

    def __init__(
        self,
        canary: str,
        limits: Mapping[str, Sequence[int]],
        span_ns: int,
        arrival_ns: int,
        kept_ns: int = KEPT_NS,
    ) -> None:
        self._kept_ns = kept_ns
        self._canary = canary
        self._limits = {hop: tuple(sorted(set(found))) for hop, found in limits.items()}
        self._longest_ns = max((max(found) for found in limits.values() if found), default=0)
        self._waiting: dict[str, dict[tuple[str, int, int], Entry]] = {hop: {} for hop in limits}
        self._highest: dict[tuple[str, int, str], int] = {}
        self._runs: set[str] = set()
        self._unresolved: dict[tuple[str, int, int], int] = {}  # sends of this process, in their order
        self.shelf = Shelf(span_ns, arrival_ns)
        self.arrival_ns = arrival_ns
        self.judged_ns = 0  # the earliest of the streams' watermarks: pages before it are counted in every cell
        self.partitions: frozenset[int] = frozenset()
        self.accept_since_ns = 0  # whoever was sent from then on may be met downstream before the source told of it
        self.changed: set[Leaf] = set()
        self.arrived: set[Leaf] = set()
        self.counters = Counter(dict.fromkeys(COUNTED, 0))

    # --- reports ------------------------------------------------------------------------------------------------

    def apply(self, report: Report) -> None:
        """The pages that `wanted` names for it must have been restored before."""
        match report:
            case Attempted():
                self._runs.add(report.id.run)
                self._add(Entry(report.id, sent_mono_ns=report.sent_mono_ns))
                self._unresolved[report.id.key] = report.id.sent_ns
                self.changed.add(self.shelf.leaf_of(report.id))
            case Resolved():
                entry = self.shelf.find(report.id)
                assert entry is not None, "a send is reported before its outcome"
                entry.outcome = report.outcome
                self._unresolved.pop(report.id.key, None)
                self.changed.add(self.shelf.leaf_of(report.id))
            case Haul():
                self._take_in(report)
            case _:
                assert_never(report)

    def _take_in(self, haul: Haul) -> None:
        if haul.blind_because:
            self._blind(haul.hop)
        for sighting in haul.sightings:
            self._see(haul.hop, sighting)
        if haul.mark is not None:
            self._mark(haul.hop, haul.mark, haul.looked_up)

    def _blind(self, hop: str) -> None:
        self.counters["missed_records"] += 1
        for entry in self._waiting[hop].values():
            entry.view(hop).blind = True
            self.changed.add(self.shelf.leaf_of(entry.id))
        self._waiting[hop].clear()

    def _mark(self, hop: str, moment: Moment, looked_up: frozenset[CanaryId] | None) -> None:
        """Whoever still waits was not there at that moment. Kept only when it decides something."""
        done = []
        for key, entry in self._waiting[hop].items():
            if looked_up is not None and entry.id not in looked_up:
                continue
            view = entry.views.get(hop)
            known_ns = 0 if view is None else view.absent_ns
            at_ns, sent_ns = entry.at(moment), entry.id.sent_ns
            if any(known_ns < sent_ns + limit_ns <= at_ns for limit_ns in self._limits[hop]):
                entry.view(hop).absent_ns = at_ns
                self.changed.add(self.shelf.leaf_of(entry.id))
                if at_ns >= sent_ns + self._limits[hop][-1]:
                    done.append(key)
        for key in done:
            del self._waiting[hop][key]
        for partition in self.partitions:
            leaf = self.shelf.arrival_leaf(hop, partition, moment.wall_ns)
            if leaf not in self.shelf.arrived:  # looked at, and nothing there so far
                self.shelf.arrived[leaf] = Arrivals()
                self.arrived.add(leaf)

    def _see(self, hop: str, sighting: Sighting) -> None:
        entry = self._expected(hop, sighting)
        if entry is None:
            return
        view = entry.view(hop)
        more = 1 if sighting.copies is None else sighting.copies - view.copies
        if more <= 0:
            return
        bit = 1 << min(sighting.attempt, _HIGHEST_ATTEMPT)
        first, own_copy = view.seen_ns is None, not view.attempts & bit
        view.copies += more
        view.attempts |= bit
        if first:
            self._first(entry, hop, view, sighting)
        arrived_ns = sighting.seen.wall_ns if sighting.appended_ns is None else sighting.appended_ns
        leaf = self.shelf.arrival_leaf(hop, entry.id.partition, arrived_ns)
        arrivals = self.shelf.arrived.setdefault(leaf, Arrivals())
        arrivals.firsts += int(first)
        arrivals.repeats += more - int(own_copy)  # the first copy of each attempt of ours is not the pipeline's doing
        if first and sighting.copies is None:
            self._order(entry.id, hop, arrivals)
        self.arrived.add(leaf)
        self.changed.add(self.shelf.leaf_of(entry.id))

    def _expected(self, hop: str, sighting: Sighting) -> Entry | None:
        who = sighting.id
        if who.canary != self._canary:
            self.counters["foreign_canary"] += 1
            return None
        entry = self.shelf.find(who)
        may_be_ours = hop == SOURCE or who.run in self._runs or who.sent_ns >= self.accept_since_ns
        if entry is None and may_be_ours and sighting.seen.wall_ns - who.sent_ns < self._kept_ns:
            # sent by a run that died before it could write this down: the logs know, and so do we now
            self._runs.add(who.run)
            entry = Entry(who)
            self._add(entry)
        if entry is None:
            self.counters["unknown_canary"] += 1
        return entry

    def _first(self, entry: Entry, hop: str, view: View, sighting: Sighting) -> None:
        view.certain = sighting.appended_ns is not None
        view.seen_ns = entry.at(sighting.seen) if sighting.appended_ns is None else sighting.appended_ns
        after_ns = 0 if sighting.after is None else entry.at(sighting.after)
        if after_ns > max(entry.id.sent_ns, view.absent_ns):
            view.absent_ns = after_ns
        if view.seen_ns < entry.id.sent_ns:
            self.counters["negative_latency"] += 1
        if hop in self._waiting:
            self._waiting[hop].pop(entry.id.key, None)

    def _order(self, who: CanaryId, hop: str, arrivals: Arrivals) -> None:
        lane = (who.run, who.partition, hop)
        behind = self._highest.get(lane, -1) - who.seq
        if behind > 0:
            self.counters["reordered"] += 1
            arrivals.reordered += 1
            arrivals.deepest = max(arrivals.deepest, behind)
        else:
            self._highest[lane] = who.seq

    def _add(self, entry: Entry) -> None:
        self.shelf.add(entry)
        for hop, waiting in self._waiting.items():
            if self._limits[hop] and arrived_within(entry, hop, self._limits[hop][-1]) is Verdict.PENDING:
                waiting[entry.id.key] = entry

    def resolved_through(self, now_ns: int) -> int:
        """The instant before which the outcome of every send of this process is known, `now_ns` at the latest."""
        return min(now_ns, next(iter(self._unresolved.values()), now_ns))

    def watched(self, hop: str, now_ns: int) -> list[CanaryId]:
        """Whom a reader that asks by id should look up: all who are awaited, then the newest of the others: those not
        seen so far, and those seen lately, of which more copies may come."""
        awaited = [entry.id for entry in self._waiting[hop].values()]
        lately_ns = now_ns - self._longest_ns - _COPIES_NS
        others = [
            entry.id
            for entry in self.shelf.entries()
            if entry.id.key not in self._waiting[hop] and (not entry.seen_at(hop) or entry.id.sent_ns >= lately_ns)
        ]
        others.sort(key=lambda who: who.sent_ns, reverse=True)
        return awaited + others[:_MOST_OTHERS]

    def entries(self, since_ns: int) -> list[Entry]:
        """From memory, oldest first."""
        return sorted(
            (entry for entry in self.shelf.entries() if entry.id.sent_ns >= since_ns),
            key=lambda entry: (entry.id.sent_ns, entry.id.key),
        )

    # --- pages --------------------------------------------------------------------------------------------------

    def wanted(self, reports: Iterable[Report]) -> frozenset[Leaf]:
        """Pages that these reports touch and that are not in memory."""
        touched = set()
        for haul in reports:
            if isinstance(haul, Haul):
                for sighting in haul.sightings:
                    if sighting.seen.wall_ns - sighting.id.sent_ns >= self._kept_ns:
                        continue
                    at_ns = sighting.seen.wall_ns if sighting.appended_ns is None else sighting.appended_ns
                    touched.add(self.shelf.leaf_of(sighting.id))
                    touched.add(self.shelf.arrival_leaf(haul.hop, sighting.id.partition, at_ns))
        return frozenset(leaf for leaf in touched if not self.shelf.holds(leaf))

    def restore(self, stored: LedgerPage) -> Leaf:
        """Take a page back into memory, as if it had never left."""
        if stored.kind == ARRIVED:
            hop, _, partition = stored.key.rpartition("/")
            leaf = Leaf(int(partition), stored.slice_start_ns, hop)
            self.shelf.arrived[leaf] = codec.decode_arrivals(stored.body)
            return leaf
        leaf = Leaf(int(stored.key), stored.slice_start_ns)
        self.shelf.sent[leaf] = SentPage(open=stored.open)
        for entry in codec.decode_sent(stored.body, stored.canary, leaf.partition, leaf.start_ns):
            self._add(entry)
            self._runs.add(entry.id.run)
            for hop, view in entry.views.items():
                if view.seen_ns is not None:
                    lane = (entry.id.run, entry.id.partition, hop)
                    self._highest[lane] = max(self._highest.get(lane, -1), entry.id.seq)
        return leaf

    def pages(self, now_ns: int) -> tuple[LedgerPage, ...]:
        """The changed pages, to be written."""
        written = []
        for leaf in sorted(self.changed):
            page = self.shelf.sent[leaf]
            page.open = self._is_open(leaf, page, now_ns)
            body = codec.encode_sent(leaf.start_ns, page.entries.values())
            written.append(LedgerPage(self._canary, SENT, str(leaf.partition), leaf.start_ns, body, page.open))
        for leaf in sorted(self.arrived):
            if self.shelf.arrived[leaf] != Arrivals():
                body = codec.encode_arrivals(self.shelf.arrived[leaf])
                key = f"{leaf.hop}/{leaf.partition}"
                written.append(LedgerPage(self._canary, ARRIVED, key, leaf.start_ns, body, open=False))
        return tuple(written)

    def clean(self) -> None:
        self.changed.clear()
        self.arrived.clear()

    def sweep(self, now_ns: int) -> None:
        """Close pages whose questions are all answered, and let old ones go; between `clean` and the next report."""
        for leaf, page in self.shelf.sent.items():
            if page.open and not self._is_open(leaf, page, now_ns):
                self.changed.add(leaf)
        if not self.changed:
            for entry in self.shelf.trim(now_ns):
                for waiting in self._waiting.values():
                    waiting.pop(entry.id.key, None)

    def _is_open(self, leaf: Leaf, page: SentPage, now_ns: int) -> bool:
        age_ns = now_ns - leaf.start_ns
        if age_ns < PAGE_NS or (leaf.start_ns + PAGE_NS > self.judged_ns and age_ns < MEMORY_NS):
            return True
        if age_ns > self._kept_ns:
            return False
        return any(self._has_question(entry, now_ns) for entry in page.entries.values())

    def _has_question(self, entry: Entry, now_ns: int) -> bool:
        if not entry.eligible:
            unanswered = entry.outcome in {Outcome.PENDING, Outcome.TIMED_OUT, Outcome.BLIND}
            return unanswered and now_ns - entry.id.sent_ns < self._longest_ns + _UNANSWERED_NS
        return any(
            arrived_within(entry, hop, limit_ns) is Verdict.PENDING
            for hop, limits in self._limits.items()
            for limit_ns in limits
        )
