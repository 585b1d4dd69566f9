"""The store as plain dictionaries: for tests and backtests. It keeps the same promises but durability and fencing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

from slo_service.collect.ports import Batch, LedgerPage
from slo_service.decide.ports import Memory, Round
from slo_service.domain.budgeting import Slicing
from slo_service.domain.cell import CellKey, Delta, Progress, Revision
from slo_service.domain.event import Decision, Hold, Message, RuleEpisode, Transition, WantedState
from slo_service.domain.grouping import KnownGroup
from slo_service.domain.indicator import Schedule
from slo_service.domain.status import StateChange, TierState
from slo_service.store.difference import REFUSALS, Change, Stored, collapse, compare, deltas
from slo_service.store.errors import StaleWanted
from slo_service.store.expectation import appended
from slo_service.store.memory_rings import (
    MemoryChangeReader,
    MemoryRingSnapshots,
    MemorySweeper,
    over_sources,
    span_sums,
    summed,
)
from slo_service.store.recorder import AnnouncingRecorder, OnCommit
from slo_service.store.retention import Retention
from slo_service.store.slicing import Slicer, sliced, spans
from slo_service.store.states import lasting, newest


class MemoryCellReader:
    """`CellReader`, and the same cells by source. Sums are taken when asked for."""

    def __init__(self) -> None:
        self.stored: dict[CellKey, Stored] = {}
        self.through: dict[tuple[str, str], Progress] = {}
        self.expected: dict[str, list[Schedule]] = defaultdict(list)
        self.tiers: dict[tuple[str, str], TierState] = {}

    async def cells(self, stream: str, width_ns: int, since_ns: int, until_ns: int) -> Sequence[Delta]:
        sums = over_sources(summed(self.stored, width_ns, {stream}).values())
        return [row for (_, start_ns), row in sorted(sums.items()) if since_ns <= start_ns < until_ns]

    async def cells_by_source(
        self, stream: str, width_ns: int, since_ns: int, until_ns: int
    ) -> Mapping[str, Sequence[Delta]]:
        found: dict[str, list[Delta]] = defaultdict(list)
        for (_, source, start_ns), row in sorted(summed(self.stored, width_ns, {stream}).items()):
            if since_ns <= start_ns < until_ns:
                found[source].append(row)
        return dict(found)

    async def progress(self, streams: Sequence[str]) -> Sequence[Progress]:
        return [progress for progress in self.through.values() if progress.stream in streams]

    async def schedules(self, streams: Sequence[str]) -> Mapping[str, Sequence[Schedule]]:
        return {stream: list(self.expected.get(stream, ())) for stream in streams}

    async def tier_states(self) -> Sequence[TierState]:
        return [self.tiers[key] for key in sorted(self.tiers)]


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


class MemoryGroups:
    """`GroupReader`."""

    def __init__(self) -> None:
        self.kept: dict[str, KnownGroup] = {}

    async def known(self) -> Sequence[KnownGroup]:
        return [self.kept[stream] for stream in sorted(self.kept)]

    async def forget(self, streams: Collection[str]) -> None:
        for stream in streams:
            self.kept.pop(stream, None)


class MemoryJournal:
    """`Journal`. What it keeps is open to tests."""

    def __init__(self, tiers: dict[tuple[str, str], TierState]) -> None:
        self.recorded: dict[str, Transition] = {}
        self.rule_episodes: dict[str, RuleEpisode] = {}
        self.decisions: dict[str, Decision] = {}
        self.holds: dict[str, Hold] = {}
        self.messages: dict[str, Message] = {}
        self.wanted: dict[str, dict[int, WantedState]] = defaultdict(dict)
        self.states: dict[tuple[str, int, int], StateChange] = {}
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
        self.states.update({(row.slo, row.at_ns, row.recorded_ns): row for row in round_.states})

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


class MemoryHistory:
    """Of `History` the states."""

    def __init__(self, journal: MemoryJournal) -> None:
        self._journal = journal

    async def states(self, slo: str, since_ns: int, until_ns: int) -> Sequence[StateChange]:
        return lasting((row for row in self._journal.states.values() if row.slo == slo), since_ns, until_ns)

    async def newest_states(self) -> Sequence[StateChange]:
        return newest(self._journal.states.values())


class MemoryStore:
    """Laid out like the SQL store, for the ports that the measuring and deciding rooms use."""

    def __init__(self, wall_ns: Callable[[], int], retention: Retention | None = None) -> None:
        self.cells = MemoryCellReader()
        self.ledger = MemoryLedger()
        self.groups = MemoryGroups()
        self.journal = MemoryJournal(self.cells.tiers)
        self.history = MemoryHistory(self.journal)
        self.changes = MemoryChangeReader(self.cells.stored)
        self.sweeper = MemorySweeper(self.cells.stored)
        self.snapshots = MemoryRingSnapshots()
        self._slicer = Slicer()
        self._refused: Counter[str] = Counter(dict.fromkeys(REFUSALS, 0))
        self._wall_ns = wall_ns
        self._retention = retention or Retention()

    def slicing(self, rules: Mapping[str, Slicing]) -> None:
        """By the stream that each yields; from the next batch on, in place of those before."""
        self._slicer = Slicer(rules)

    async def ingest(self, batch: Batch) -> tuple[Delta, ...]:
        floor_ns = self._wall_ns() - self._retention.cells_ns
        stored = self.cells.stored
        changes = compare(collapse(batch.samples, floor_ns, self._refused), stored, self._refused)
        _keep(stored, changes)
        touched = self._slicer.touched(changes, floor_ns, self._wall_ns() - self._retention.cells_1m_ns, self._refused)
        revision = Revision(0, self.changes.number + 1)
        derived = tuple(sliced(touched, span_sums(stored, spans(touched)), revision))
        _keep(stored, derived)
        changes += derived
        self.changes.note(changes)
        for progress in batch.progress:
            self.cells.through[progress.stream, progress.source] = progress
        expected = self.cells.expected
        for schedule in appended((s for kept in expected.values() for s in kept), batch.schedules):
            others = [kept for kept in expected[schedule.stream] if kept.since_ns != schedule.since_ns]
            expected[schedule.stream] = [*others, schedule]
        for page in batch.pages:
            self.ledger.kept[page.canary, page.kind, page.key, page.slice_start_ns] = page
        self.groups.kept.update({group.stream: group for group in batch.groups})
        for position in batch.positions:
            self.ledger.read[position.reader][position.name] = position.value
        return deltas(changes)

    def recorder(self, on_commit: OnCommit) -> AnnouncingRecorder:
        """A `Recorder` that tells of every committed batch, and what it changed."""
        return AnnouncingRecorder(self, on_commit)

    def counters(self) -> Mapping[str, int]:
        return dict(self._refused)


def _keep(stored: dict[CellKey, Stored], changes: Sequence[Change]) -> None:
    stored.update({c.sample.key: Stored(c.sample.tally, c.sample.revision) for c in changes})
