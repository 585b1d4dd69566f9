"""Plays a story to the service's evaluator and to the reference, and compares what they say at each tick."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from slo_service.collect.ports import Batch
from slo_service.decide.ports import Round
from slo_service.domain.budgeting import Slicing
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Change, Transition
from slo_service.domain.instant import format_duration
from slo_service.domain.slo import Kind
from slo_service.domain.status import Reading, Status, TierState
from slo_service.evaluate.evaluator import Evaluation
from slo_service.runtime.judgement import Judgement
from slo_service.store.codec import decode_tier_state, encode_tier_state
from slo_service.store.memory import MemoryStore
from tests.evaluate.reference.engine import Changed, Judged, Reference, Remembered, Stand
from tests.evaluate.reference.windows import Window

T = TypeVar("T")


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """The store in memory never waits, so no event loop is needed."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]  # a coroutine returns what its type says
    raise AssertionError("the store in memory waited for something")


class Stage:
    def __init__(self, catalogue: Catalogue, slicings: Mapping[str, Slicing], now_ns: int, few: int) -> None:
        """`few`: objectives side by side that are judged without being screened first."""
        self.now_ns, self.few = now_ns, few
        self.catalogue = catalogue
        self.store = MemoryStore(lambda: self.now_ns)
        self.store.slicing(slicings)
        methods = {each.stream: slicing.method for slicing in slicings.values() for each in slicing.inputs}
        self.reference = Reference(catalogue, methods)
        self.judgement = self._started()

    def _started(self) -> Judgement:
        judgement = Judgement(self.catalogue, 1, self.store.journal, self.store.cells, tuple)
        floor = judgement._evaluator.floor
        floor.few = self.few
        for hall in floor.halls.values():
            hall._few = self.few
        at_once(judgement.start(self.now_ns))
        return judgement

    def restart(self) -> None:
        self.judgement = self._started()
        self.reference.restart()

    def reload(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.judgement.reload(catalogue, 2, self.now_ns)
        said, reference = _changed(self.judgement._transitions), self.reference.reload(catalogue)
        agree(("superseded",), sorted(said, key=_slo_of), sorted(reference, key=_slo_of))
        at_once(self.judgement.fill(self.now_ns))

    def commit(self, batch: Batch) -> None:
        self.judgement.committed(batch, at_once(self.store.ingest(batch)))
        for sample in batch.samples:
            self.reference.cells.take(sample, self.now_ns)
        for progress in batch.progress:
            self.reference.cells.mark(progress)
        for schedule in batch.schedules:
            self.reference.cells.schedule(schedule)

    def tick(self) -> None:
        if self.judgement.adjust(self.now_ns):
            at_once(self.judgement.fill(self.now_ns))
        evaluation = self.judgement._evaluator.tick(self.now_ns)
        self._record(evaluation)
        expected, changes = self.reference.tick(self.now_ns)
        for name, judged in expected.items():
            compare(name, evaluation.statuses[name], judged)
        said, expects = _changed(evaluation.transitions), [c for c in changes if c.change in TURNS]
        agree(("transitions",), sorted(said, key=_slo_of), sorted(expects, key=_slo_of))

    def _record(self, evaluation: Evaluation) -> None:
        """As rows, so that a restart finds what a table can hold."""
        self.judgement._keep(evaluation.transitions, evaluation.tier_states)
        states = tuple(self.judgement._states.values())
        rows = tuple(decode_tier_state(encode_tier_state(state)) for state in states)
        round_ = Round(self.now_ns, transitions=tuple(self.judgement._transitions), tier_states=rows)
        at_once(self.store.journal.record(round_))
        self.judgement._states.clear()
        self.judgement._transitions.clear()


# Rows of freezing and thawing follow from `frozen_since`, which is compared at every tick; whether the first word after
# a restart has one is a matter of taste.
TURNS = (Change.FIRED, Change.CLEARED, Change.SUPERSEDED)


def _slo_of(row: Changed) -> str:
    """What becomes of different objectives is in no order."""
    return row.slo


def _changed(transitions: Sequence[Transition]) -> list[Changed]:
    return [
        Changed(row.slo, row.tier.tier.name, row.change, row.event_ns, row.opens, row.closes)
        for row in transitions
        if row.tier.tier.kind is Kind.BURN and not row.reconstructed and row.change in TURNS
    ]


def agree(where: tuple[object, ...], said: object, reference: object) -> None:
    """The message names what differs, since a story is long."""
    if said != reference:
        raise AssertionError(f"{where}:\n  evaluator {said}\n  reference {reference}")


def compare(name: str, status: Status, judged: Judged | Remembered) -> None:
    if not isinstance(judged, Judged):
        agree((name, "watermark"), status.watermark_ns, None)
        agree((name, "tiers"), {state.tier.name: (state.firing, state.since_ns) for state in status.tiers}, judged)
        return
    agree((name, "watermark"), status.watermark_ns, judged.watermark_ns)
    for length_ns, window in judged.windows.items():
        agree((name, "window", format_duration(length_ns)), _window(status.readings[length_ns]), window)
    budget = status.budget
    found = (budget.remaining, budget.provisional, budget.allowed_events)
    agree((name, "budget"), found, (judged.remaining, judged.provisional, judged.allowed))
    agree((name, "budget"), _window(budget.reading), judged.budget)
    states = {state.tier.name: state for state in status.tiers if state.tier.kind is Kind.BURN}
    agree((name, "tiers"), states.keys(), judged.tiers.keys())
    for tier, stand in judged.tiers.items():
        state = states[tier]
        agree((name, tier), _stand(state), stand)
        agree((name, tier, "long"), _window(state.long), judged.windows[state.tier.long_ns])
        agree((name, tier, "short"), _window(state.short), judged.windows[state.tier.short_ns])


def _window(reading: Reading) -> Window:
    return Window(reading.tally.good, reading.tally.bad, reading.unmeasured_events, reading.coverage, reading.burn)


def _stand(state: TierState) -> Stand:
    return Stand(
        firing=state.firing,
        since_ns=state.since_ns,
        burning=state.burning,
        last_burned_ns=state.last_burned_ns,
        quiet_ns=state.quiet_ns,
        burned_ns=0 if state.firing else state.burned_ns,  # what a tier waited for has no meaning once it fires
        frozen_since_ns=state.frozen_since_ns,
        judged_at_ns=state.judged_at_ns,
    )
