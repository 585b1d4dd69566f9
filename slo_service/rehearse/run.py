"""A case run: tick by tick what was written is handed to the evaluator, and what it says to the policy engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from slo_service.decide.engine import decide, remember
from slo_service.decide.pause import MAX_PAUSE_NS
from slo_service.decide.ports import Memory, Round
from slo_service.decide.witness import GroupTrouble, lag_limit_ns, witnesses
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Decision, Message, Transition
from slo_service.domain.instant import DAY
from slo_service.domain.slo import Slo
from slo_service.domain.status import Status
from slo_service.rehearse.case import Case
from slo_service.rehearse.feed import groups
from slo_service.rehearse.patient import patients


@dataclass(frozen=True, slots=True)
class Seen:
    """All there is to be seen at one instant. Decisions and messages are those since the start, oldest first."""

    now_ns: int
    catalogue: Catalogue
    statuses: Mapping[str, Status]
    memory: Memory
    transitions: tuple[Transition, ...]
    decisions: tuple[Decision, ...]
    messages: tuple[Message, ...]


class Rehearsal:
    """Runs a case once. Ticks at which nothing can change are left out, unless `skip` is false."""

    def __init__(self, case: Case, catalogue: Catalogue, *, skip: bool = True) -> None:
        self._case, self._skip = case, skip
        self._catalogue = _concerned(case, catalogue)
        self._since_ns = case.start_ns - (_longest(self._catalogue) if case.before_ns is None else case.before_ns)
        self._groups = groups(self._catalogue, case.partitions, case.start_ns, case.lag)
        self._patients = patients(case, self._catalogue, self._since_ns, self._groups)
        self._looks = sorted({case.start_ns + at for e in case.expect for at in (e.since_ns, e.until_ns)})
        self._memory = Memory()
        self._transitions: list[Transition] = []
        self._decisions: list[Decision] = []
        self._messages: list[Message] = []
        self.ticks = 0

    def run(self) -> Iterator[Seen]:
        """What is to be seen at every tick that is run; all instants of expectations are among them."""
        now_ns, end_ns = self._case.start_ns, self._case.start_ns + self._case.length_ns
        while True:
            yield self._tick(now_ns)
            if now_ns >= end_ns:
                return
            now_ns = min(self._next(now_ns), end_ns)

    def _tick(self, now_ns: int) -> Seen:
        self.ticks += 1
        all_of_them = not self._skip or now_ns in self._looks
        fresh = [patient for patient in self._patients if all_of_them or patient.still_ns < now_ns]
        rows = [row for patient in fresh for row in patient.judge(now_ns)]
        round_ = self._decide(now_ns, rows)
        asleep = [patient for patient in self._patients if patient not in fresh]
        if asleep and (round_ or rows):  # what is said of the others is to be of now
            rows += [row for patient in asleep for row in patient.judge(now_ns)]
            round_, fresh = self._decide(now_ns, rows), self._patients
        self._memory = remember(self._memory, round_)
        self._transitions += rows
        self._decisions += round_.decisions
        self._messages += round_.messages
        pending = {p.slo for p in round_.pending}
        for patient in fresh:
            patient.rest(now_ns, restless=patient.slo.name in pending)
        return Seen(
            now_ns,
            self._catalogue,
            {patient.slo.name: patient.seen(now_ns) for patient in self._patients},
            self._memory,
            tuple(self._transitions),
            tuple(self._decisions),
            tuple(self._messages),
        )

    def _decide(self, now_ns: int, rows: list[Transition]) -> Round:
        statuses = {patient.slo.name: patient.seen(now_ns) for patient in self._patients}
        troubles = [self._trouble(key, now_ns) for key in self._groups]
        found = witnesses(now_ns, self._catalogue, statuses, troubles)
        return decide(now_ns, self._catalogue, statuses, rows, found, self._memory)

    def _trouble(self, key: tuple[str, str], now_ns: int) -> GroupTrouble:
        age, limit = self._groups[key].age(now_ns), lag_limit_ns(self._catalogue, key[0])
        behind = sum(p.age_ns is not None and limit is not None and p.age_ns > limit for p in age.partitions)
        parts = len(age.partitions)
        return GroupTrouble(age.pipeline, age.stage, age.group, age.age_ns, age.waiting, behind, parts, now_ns)

    def _next(self, now_ns: int) -> int:
        """The next tick at which something may change, or somebody looks."""
        start, tick = self._case.start_ns, self._case.tick_ns
        asked = [at for at in self._looks if at > now_ns][:1]
        quiet_ns = min((patient.still_ns for patient in self._patients), default=now_ns)
        if not self._skip or any(group.is_behind(now_ns) for group in self._groups.values()):
            quiet_ns = now_ns
        edges = [at for group in self._groups.values() for at in group.edges() if at > now_ns]
        held = [hold.placed_ns + MAX_PAUSE_NS for hold in self._memory.holds]
        quiet_ns = max(now_ns, min([quiet_ns, *(at - 1 for at in (*edges, *held))]))
        return min([start + ((quiet_ns - start) // tick + 1) * tick, *asked])


def _concerned(case: Case, catalogue: Catalogue) -> Catalogue:
    """Pipelines that the case speaks of, and SLOs without one that it names; nothing ever happens on the others."""
    named = {*case.series, *(expectation.slo for expectation in case.expect)}
    pipelines = {catalogue.slos[name].pipeline for name in named} | {pipeline for pipeline, _ in case.lag}
    streams = {catalogue.slos[name].stream.id for name in named}

    def concerned(slo: Slo) -> bool:
        return slo.pipeline in pipelines if slo.pipeline else slo.stream.id in streams

    return replace(
        catalogue,
        pipelines={name: p for name, p in catalogue.pipelines.items() if name in pipelines},
        slos={name: slo for name, slo in catalogue.slos.items() if concerned(slo)},
    )


def _longest(catalogue: Catalogue) -> int:
    tiers = [tier.long_ns for slo in catalogue.slos.values() for tier in slo.alerting.tiers]
    return max([*tiers, *(slo.window_ns for slo in catalogue.slos.values())], default=0) + DAY
