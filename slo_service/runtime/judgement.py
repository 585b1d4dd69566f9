"""One tick: evaluate, decide, record in one transaction, and only then publish and act."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

import structlog

from slo_service.collect.ports import Batch, GroupAge, StoreUnavailable
from slo_service.decide.attention import Attention
from slo_service.decide.engine import decide, remember
from slo_service.decide.ports import Journal, Memory, Round
from slo_service.decide.witness import GroupTrouble, lag_limit_ns, witnesses
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta
from slo_service.domain.event import Transition
from slo_service.domain.status import State, StateChange, Status, TierState
from slo_service.evaluate.evaluator import STANDSTILL_NS, Evaluator
from slo_service.evaluate.history.standstill import Gap, missed
from slo_service.evaluate.outlook.foresight import Foreseen, asked_for, budget_past
from slo_service.evaluate.ports import CellReader
from slo_service.evaluate.statuses import Bounded, Statuses
from slo_service.runtime.recovery import Recovery, Rings
from slo_service.runtime.saving import Saving

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
        *,
        rings: Rings | None = None,
        quiet: asyncio.Lock | None = None,
    ) -> None:
        """`rings`: what the store keeps of the evaluator's sums; without it every stream is read by itself, and nothing
        is saved. `quiet`: nothing is committed while somebody holds it."""
        self._catalogue, self._load = catalogue, load
        self._evaluator = Evaluator(catalogue, load, stored=True)
        self._journal, self._cells, self._groups, self._rings = journal, cells, groups, rings
        self._recovery = Recovery(self._evaluator, cells, rings)
        self._saving = Saving(self._evaluator, rings.snapshots, rings.batch_bytes) if rings else None
        self._quiet = quiet
        self._memory, self._attention = Memory(), Attention()
        self._asked = asked_for(catalogue)
        self._transitions: list[Transition] = []
        self._states: dict[tuple[str, str], TierState] = {}
        self._words: dict[str, State] = {}  # as said last
        self._said: list[StateChange] = []
        self._judged: Mapping[str, Status] = {}
        self._lived_ns: int | None = None  # until when somebody judged
        self._gap: Gap | None = None
        self._ticked = asyncio.Event()  # of the next tick
        self.cannot_record = ""  # why, while the store is away

    async def start(self, now_ns: int, lived_ns: int | None = None) -> None:
        """Takes up where the last process stood, which judged until `lived_ns`. Raises `StoreUnavailable`."""
        self._memory = await self._journal.memory()
        said = await self._rings.states.newest_states() if self._rings else ()
        self._words = {change.slo: change.state for change in said}
        self._evaluator.adjust(now_ns)
        self._keep(*self._evaluator.restore(await self._cells.tier_states(), now_ns, lived_ns, said))
        self._lived_ns = lived_ns
        await self._recovery.expect()
        taken = await self._recovery.restore(now_ns)
        await self._recovery.fill(now_ns)
        await self._recovery.relive(now_ns)
        if self._saving:
            self._saving.resume(taken)

    def committed(self, batch: Batch, deltas: tuple[Delta, ...]) -> None:
        """Takes what a collector's batch changed, after it was committed."""
        self._evaluator.apply(deltas, batch.progress, batch.schedules)

    def reload(self, catalogue: Catalogue, load: int, now_ns: int, *, grown: bool = False) -> None:
        """Takes a new set of definitions; what is no longer measured closes as superseded with the next tick. New
        streams say nothing before `fill`. `grown`: the same definitions, of which more or fewer groups are known."""
        self._keep(*self._evaluator.reload(catalogue, load, now_ns))
        self._catalogue, self._load = catalogue, load
        self._asked = asked_for(catalogue)
        if grown:
            self._attention.grow(catalogue)
        else:
            self._attention.forget()
        self._words = {name: word for name, word in self._words.items() if name in catalogue.slos}

    def adjust(self, now_ns: int) -> int:
        """Looks at what is adjusted about now; how many streams are to be filled before they can be judged."""
        self._evaluator.adjust(now_ns)
        return len(self._evaluator.unfilled())

    async def fill(self, now_ns: int) -> None:
        """Brings what new and adjusted streams hold from the store; no batch may be committed meanwhile. Raises
        `StoreUnavailable`, and may then be asked again."""
        await self._recovery.fill(now_ns)

    def evaluate(self, now_ns: int) -> Mapping[str, Status]:
        """Judges every objective; what changed waits for `act`."""
        self._mind_the_gap(now_ns)
        evaluation = self._evaluator.tick(now_ns)
        self._keep(evaluation.transitions, evaluation.tier_states)
        self._say(evaluation.statuses, now_ns)
        self._attention.stir(evaluation.statuses.stirred)
        bounded, floor = Bounded(evaluation.statuses, self._catalogue.slos), self._evaluator.floor
        self._judged = Foreseen(bounded, self._catalogue, self._asked, partial(budget_past, floor))
        self._ticked.set()
        self._ticked = asyncio.Event()
        return self._judged

    async def look_back(self) -> int | None:
        """After a time in which nobody judged: finds the episodes that lie wholly within it, for the history alone.
        How many transitions were found, which are recorded with the next round; None where there was no such time."""
        gap, self._gap = self._gap, None
        if gap is None:
            return None
        found: list[Transition] = []
        for name in list(self._catalogue.slos):
            slo = self._catalogue.slos.get(name)
            if slo is not None:
                found += missed(self._evaluator.floor, slo, gap)
            await asyncio.sleep(0)  # ticks go on
        self._transitions += found
        log.info("time_reconstructed", since_ns=gap.since_ns, until_ns=gap.until_ns, transitions=len(found))
        return len(found)

    async def save(self, now_ns: int) -> None:
        """Writes what the evaluator holds, with the number of the change it contains. Waits for a tick, in which all
        that was committed before is counted. Raises `StoreUnavailable` and `Deposed`."""
        if self._rings is None or self._saving is None:
            return
        async with self._quiet or nullcontext():
            change, counted = await self._rings.changes.change(), self._ticked
        await counted.wait()
        await self._saving.save(change, now_ns)

    def _mind_the_gap(self, now_ns: int) -> None:
        lived, self._lived_ns = self._lived_ns, now_ns
        if lived is not None and now_ns - lived > STANDSTILL_NS:
            self._gap = Gap(lived, now_ns, self._evaluator.tiers(), self._load)

    def _say(self, statuses: Statuses, now_ns: int) -> None:
        """Keeps the changes of the word for each objective."""
        for name in statuses.stirred:
            status = statuses[name]
            if self._words.get(name) is status.state:
                continue
            self._words[name] = status.state
            at_ns = now_ns if status.watermark_ns is None else status.watermark_ns
            budget = status.budget
            self._said.append(StateChange(name, at_ns, now_ns, status.state, budget.remaining, budget.reading.coverage))

    async def act(self, now_ns: int) -> Round | None:
        """Decides on what was judged last, and records it; the round, if anything was recorded."""
        if self.cannot_record and not await self._recall():
            return None
        found = witnesses(now_ns, self._catalogue, self._judged, self._troubles())
        news = [row for row in self._transitions if not row.reconstructed]  # nothing acts on what is long over
        asked = decide(now_ns, self._catalogue, self._judged, news, found, self._memory, attention=self._attention)
        round_ = replace(
            asked,
            transitions=tuple(self._transitions),
            tier_states=tuple(self._states.values()),
            states=tuple(self._said),
        )
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
        self._attention.forget()
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
        del self._said[: len(round_.states)]
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
