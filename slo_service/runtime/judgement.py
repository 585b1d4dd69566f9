"""One tick: evaluate, decide, record in one transaction, and only then publish and act."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from slo_service.collect.ports import Batch, GroupAge, StoreUnavailable
from slo_service.decide.engine import decide, remember
from slo_service.decide.ports import Journal, Memory, Round
from slo_service.decide.witness import GroupTrouble, lag_limit_ns, witnesses
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta
from slo_service.domain.event import Transition
from slo_service.domain.instant import DAY, MINUTE
from slo_service.domain.status import Status, TierState
from slo_service.evaluate.evaluator import Evaluator
from slo_service.evaluate.interval import with_intervals
from slo_service.evaluate.ports import CellReader
from slo_service.evaluate.ring import COARSE_NS, FINE_REACH_NS, MIDDLE_NS, MIDDLE_REACH_NS, SLACK_NS

log = structlog.get_logger()


class Judgement:
    """Owns the evaluator and the policy engine's memory. Transitions that could not be recorded are kept. When the
    store is back, what it remembers is read anew, since a commit may have happened and only its answer been lost, and
    what to do is decided on what is true then; meanwhile nothing is acted on."""

    def __init__(
        self,
        catalogue: Catalogue,
        load: int,
        journal: Journal,
        cells: CellReader,
        groups: Callable[[], Sequence[GroupAge]],
    ) -> None:
        self._catalogue = catalogue
        self._evaluator = Evaluator(catalogue, load, stored=True)
        self._journal, self._cells, self._groups = journal, cells, groups
        self._memory = Memory()
        self._transitions: list[Transition] = []
        self._states: dict[tuple[str, str], TierState] = {}
        self._judged: Mapping[str, Status] = {}
        self.cannot_record = ""  # why, while the store is away

    async def start(self, now_ns: int) -> None:
        """Takes up where the last process stood. Raises `StoreUnavailable`."""
        self._memory = await self._journal.memory()
        self._keep(*self._evaluator.restore(await self._cells.tier_states(), now_ns))
        await self.fill(now_ns)

    def committed(self, batch: Batch, deltas: tuple[Delta, ...]) -> None:
        """Takes what a collector's batch changed, after it was committed."""
        self._evaluator.apply(deltas, batch.progress, batch.schedules)

    def reload(self, catalogue: Catalogue, load: int, now_ns: int) -> None:
        """Takes a new set of definitions; what is no longer measured closes as superseded with the next tick. New
        streams say nothing before `fill`."""
        self._keep(*self._evaluator.reload(catalogue, load, now_ns))
        self._catalogue = catalogue

    def evaluate(self, now_ns: int) -> Mapping[str, Status]:
        """Judges every objective; what changed waits for `act`."""
        evaluation = self._evaluator.tick(now_ns)
        self._keep(evaluation.transitions, evaluation.tier_states)
        self._judged = self._annotated(evaluation.statuses)
        return self._judged

    async def act(self, now_ns: int) -> Round | None:
        """Decides on what was judged last, and records it; the round, if anything was recorded."""
        if self.cannot_record and not await self._recall():
            return None
        found = witnesses(now_ns, self._catalogue, self._judged, self._troubles())
        asked = decide(now_ns, self._catalogue, self._judged, self._transitions, found, self._memory)
        round_ = replace(asked, transitions=tuple(self._transitions), tier_states=tuple(self._states.values()))
        if not round_:
            self._memory = remember(self._memory, round_)
            return None
        return round_ if await self._record(round_) else None

    async def _recall(self) -> bool:
        """Whether the store answers again; then its memory is ours."""
        try:
            self._memory = await self._journal.memory()
        except StoreUnavailable as why:
            self.cannot_record = str(why)
            return False
        return True

    async def _record(self, round_: Round) -> bool:
        try:
            await self._journal.record(round_)
        except StoreUnavailable as why:
            if not self.cannot_record:
                log.warning("recording_failed", reason=str(why), transitions=len(round_.transitions))
            self.cannot_record = str(why)
            return False
        if self.cannot_record:
            log.info("recording_resumed", transitions=len(round_.transitions))
        self.cannot_record = ""
        self._memory = remember(self._memory, round_)
        del self._transitions[: len(round_.transitions)]
        for state in round_.tier_states:
            if self._states.get((state.slo, state.tier.name)) is state:
                del self._states[state.slo, state.tier.name]
        for row in round_.transitions:
            log.info("tier_changed", slo=row.slo, tier=row.tier.tier.name, change=row.change, episode=row.episode)
        for decision in round_.decisions:
            log.info("decided", id=decision.id, action=decision.action, target=decision.target,
                     verdict=decision.verdict, reason=decision.reason)  # fmt: skip
        return True

    def _keep(self, transitions: Sequence[Transition], states: Sequence[TierState]) -> None:
        self._transitions += transitions
        self._states |= {(state.slo, state.tier.name): state for state in states}

    def _annotated(self, statuses: Mapping[str, Status]) -> Mapping[str, Status]:
        slos = self._catalogue.slos
        return {n: with_intervals(status, slos[n].objective) for n, status in statuses.items() if n in slos}

    def _troubles(self) -> list[GroupTrouble]:
        found = []
        for group in self._groups():
            limit = lag_limit_ns(self._catalogue, group.pipeline)
            ages = [p.age_ns for p in group.partitions if p.age_ns is not None]
            behind = sum(age > limit for age in ages) if limit is not None else 0
            found.append(
                GroupTrouble(
                    pipeline=group.pipeline,
                    stage=group.stage,
                    group=group.group,
                    age_ns=group.age_ns if not behind else max(ages),
                    waiting=group.waiting,
                    partitions_behind=behind,
                    partitions=len(group.partitions),
                    at_ns=group.at_ns,
                    error=group.error,
                )
            )
        return found

    async def fill(self, now_ns: int) -> None:
        """Fills the rings of new streams from the store; no batch may be committed meanwhile. Raises
        `StoreUnavailable`, and may then be asked again."""
        fresh = self._evaluator.unfilled()
        if not fresh:
            return
        schedules = await self._cells.schedules(list(fresh))
        for mark in await self._cells.progress(list(fresh)):
            self._evaluator.apply(progress=[mark])
        for name, stream in fresh.items():
            self._evaluator.apply(schedules=schedules.get(name, ()))
            rows = {}
            reaches = (
                (stream.rings.fine.width_ns, FINE_REACH_NS + SLACK_NS),
                (MIDDLE_NS, MIDDLE_REACH_NS + SLACK_NS),
                (COARSE_NS, stream.longest_ns + DAY),
            )
            for width_ns, reach_ns in reaches:
                rows[width_ns] = await self._cells.cells(name, width_ns, now_ns - reach_ns, now_ns + MINUTE)
            stream.fill(rows)
