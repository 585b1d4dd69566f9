"""The store as plain dictionaries: for tests and backtests. It keeps the same promises but durability and fencing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from slo_service.collect.ports import Batch, LedgerPage
from slo_service.decide.ports import Memory, Round
from slo_service.domain.cell import CellKey, Delta, Progress
from slo_service.domain.event import Decision, Hold, Message, RuleEpisode, Transition, WantedState
from slo_service.domain.indicator import Schedule
from slo_service.domain.instant import MINUTE, floor_to
from slo_service.domain.status import TierState
from slo_service.store.difference import REFUSALS, Stored, collapse, compare, deltas
from slo_service.store.errors import StaleWanted
from slo_service.store.expectation import appended
from slo_service.store.recorder import AnnouncingRecorder, OnCommit
from slo_service.store.retention import Retention


class MemoryCellReader:
    """`CellReader`, and the same cells by source. Sums are taken when asked for."""

    def __init__(self) -> None:
        self.stored: dict[CellKey, Stored] = {}
        self.through: dict[tuple[str, str], Progress] = {}
        self.expected: dict[str, list[Schedule]] = defaultdict(list)
        self.tiers: dict[tuple[str, str], TierState] = {}

    async def cells(self, stream: str, width_ns: int, since_ns: int, until_ns: int) -> Sequence[Delta]:
        rows = (row for row in self._rows(stream, width_ns, since_ns, until_ns).values())
        sums: dict[int, Delta] = {}
        for row in rows:
            sums[row.slice_start_ns] = _sum(sums.get(row.slice_start_ns), row)
        return [sums[start_ns] for start_ns in sorted(sums)]

    async def cells_by_source(
        self, stream: str, width_ns: int, since_ns: int, until_ns: int
    ) -> Mapping[str, Sequence[Delta]]:
        found: dict[str, list[Delta]] = defaultdict(list)
        for (source, _), row in sorted(self._rows(stream, width_ns, since_ns, until_ns).items()):
            found[source].append(row)
        return dict(found)

    async def progress(self, streams: Sequence[str]) -> Sequence[Progress]:
        return [progress for progress in self.through.values() if progress.stream in streams]

    async def schedules(self, streams: Sequence[str]) -> Mapping[str, Sequence[Schedule]]:
        return {stream: list(self.expected.get(stream, ())) for stream in streams}

    async def tier_states(self) -> Sequence[TierState]:
        return [self.tiers[key] for key in sorted(self.tiers)]

    def _rows(self, stream: str, width_ns: int, since_ns: int, until_ns: int) -> dict[tuple[str, int], Delta]:
        rows: dict[tuple[str, int], Delta] = {}
        for key, cell in self.stored.items():
            start_ns = floor_to(key.slice_start_ns, width_ns) if width_ns >= MINUTE else key.slice_start_ns
            if key.stream == stream and since_ns <= start_ns < until_ns:
                row = Delta(stream, start_ns, cell.tally.good, cell.tally.bad, 1)
                rows[key.source, start_ns] = _sum(rows.get((key.source, start_ns)), row)
        return rows


def _sum(one: Delta | None, other: Delta) -> Delta:
    if one is None:
        return other
    good, bad, observed = one.good + other.good, one.bad + other.bad, one.observed + other.observed
    return Delta(other.stream, other.slice_start_ns, good, bad, observed)


class MemoryLedger:
    """`Ledger`."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, str, int], LedgerPage] = {}
        self.read: dict[str, dict[str, str]] = defaultdict(dict)

    async def pages(self, canary: str, since_ns: int) -> Sequence[LedgerPage]:
        pages = [p for p in self.kept.values() if p.canary == canary and (p.open or p.slice_start_ns >= since_ns)]
        return sorted(pages, key=lambda page: (page.slice_start_ns, page.kind, page.key))

    async def page(self, canary: str, kind: str, key: str, slice_start_ns: int) -> LedgerPage | None:
        return self.kept.get((canary, kind, key, slice_start_ns))

    async def positions(self, reader: str) -> Mapping[str, str]:
        return dict(self.read.get(reader, {}))


class MemoryJournal:
    """`Journal`. What it keeps is open to tests."""

    def __init__(self, tiers: dict[tuple[str, str], TierState]) -> None:
        self.recorded: dict[str, Transition] = {}
        self.rule_episodes: dict[str, RuleEpisode] = {}
        self.decisions: dict[str, Decision] = {}
        self.holds: dict[str, Hold] = {}
        self.messages: dict[str, Message] = {}
        self.wanted: dict[str, dict[int, WantedState]] = defaultdict(dict)
        self._tiers = tiers

    async def record(self, round_: Round) -> None:
        wanted = self._checked(round_.wanted)
        for state in wanted:
            self.wanted[state.target][state.epoch] = state
        self.recorded.update({row.id: row for row in round_.transitions})
        self._tiers.update({(state.slo, state.tier.name): state for state in round_.tier_states})
        self.rule_episodes.update({row.id: row for row in round_.rule_episodes})
        self.decisions.update({row.id: row for row in round_.decisions})
        self.holds.update({row.id: row for row in round_.holds})
        for message in round_.messages:
            self.messages.setdefault(message.id, message)

    async def memory(self) -> Memory:
        entered = [row for row in self.rule_episodes.values() if row.left_ns is None]
        open_ids = {row.id for row in entered}
        live = [row for row in self.holds.values() if row.released_ns is None]
        theirs = [row for row in self.decisions.values() if row.episode in open_ids]
        return Memory(
            rule_episodes=tuple(sorted(entered, key=lambda row: (row.entered_ns, row.id))),
            holds=tuple(sorted(live, key=lambda row: (row.placed_ns, row.id))),
            wanted=tuple(self.wanted[target][max(self.wanted[target])] for target in sorted(self.wanted)),
            decisions=tuple(sorted(theirs, key=lambda row: (row.at_ns, row.id))),
        )

    async def transitions(self, slo: str | None, limit: int) -> Sequence[Transition]:
        """Like the others: all of the instant at which the limit is reached."""
        rows = [row for row in self.recorded.values() if slo in (None, row.slo)]
        rows.sort(key=lambda row: (-row.recorded_ns, row.id))
        return [row for row in rows if len(rows) <= limit or row.recorded_ns >= rows[limit - 1].recorded_ns]

    def _checked(self, wanted: Sequence[WantedState]) -> list[WantedState]:
        new: dict[str, WantedState] = {}
        accepted = []
        for state in sorted(wanted, key=lambda state: state.epoch):
            known = self.wanted.get(state.target, {})
            same = known.get(state.epoch)
            newest = max([*known, *([new[state.target].epoch] if state.target in new else [])], default=None)
            if newest is None or state.epoch > newest:
                new[state.target] = state
                accepted.append(state)
            elif same is None or (same.wanted, same.decision) != (state.wanted, state.decision):
                raise StaleWanted(f"{state.target}: epoch {state.epoch} is not above the newest, {newest}")
        return accepted


class MemoryStore:
    """Laid out like the SQL store, for the ports that the measuring and deciding rooms use."""

    def __init__(self, wall_ns: Callable[[], int], retention: Retention | None = None) -> None:
        self.cells = MemoryCellReader()
        self.ledger = MemoryLedger()
        self.journal = MemoryJournal(self.cells.tiers)
        self._refused: Counter[str] = Counter(dict.fromkeys(REFUSALS, 0))
        self._wall_ns = wall_ns
        self._retention = retention or Retention()

    async def ingest(self, batch: Batch) -> tuple[Delta, ...]:
        floor_ns = self._wall_ns() - self._retention.cells_ns
        stored = self.cells.stored
        changes = compare(collapse(batch.samples, floor_ns, self._refused), stored, self._refused)
        stored.update({c.sample.key: Stored(c.sample.tally, c.sample.revision) for c in changes})
        for progress in batch.progress:
            self.cells.through[progress.stream, progress.source] = progress
        expected = self.cells.expected
        for schedule in appended((s for kept in expected.values() for s in kept), batch.schedules):
            others = [kept for kept in expected[schedule.stream] if kept.since_ns != schedule.since_ns]
            expected[schedule.stream] = [*others, schedule]
        for page in batch.pages:
            self.ledger.kept[page.canary, page.kind, page.key, page.slice_start_ns] = page
        for position in batch.positions:
            self.ledger.read[position.reader][position.name] = position.value
        return deltas(changes)

    def recorder(self, on_commit: OnCommit) -> AnnouncingRecorder:
        """A `Recorder` that tells of every committed batch, and what it changed."""
        return AnnouncingRecorder(self, on_commit)

    def counters(self) -> Mapping[str, int]:
        return dict(self._refused)
