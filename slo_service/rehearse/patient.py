"""One SLO of a case: what is fed to it, the evaluator that judges it, and until when it need not be asked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.condition import leaves
from slo_service.domain.event import Transition
from slo_service.domain.indicator import Basis, Lag
from slo_service.domain.policy import Condition, ExhaustedWithin
from slo_service.domain.slo import Slo
from slo_service.domain.status import Status
from slo_service.evaluate.chance.interval import with_budget_interval
from slo_service.evaluate.evaluator import Evaluator
from slo_service.evaluate.judge.objective import LATELY
from slo_service.evaluate.outlook.foresight import budget_past, exhaustion
from slo_service.rehearse.case import Case
from slo_service.rehearse.feed import FlowFeed, Group, LagFeed, Rhythm, past, rhythm, schedule
from slo_service.rehearse.segment import Flow, Look, Segment
from slo_service.rehearse.stillness import Still


@dataclass(frozen=True, slots=True)
class Disturbance:
    """When something else than good and complete comes in, or is asked for at every tick: [since, until)."""

    since_ns: int
    until_ns: int


class Patient:
    """Judged when asked, as the service would at every tick."""

    def __init__(
        self,
        slo: Slo,
        beat: Rhythm,
        feed: FlowFeed | LagFeed,
        *,
        start_ns: int,
        tick_ns: int,
        disturbances: Sequence[Disturbance],
        conditions: tuple[Condition, ...],
        even: bool,
    ) -> None:
        """`even`: events come at the schedule's rate throughout, else no tick can be left out."""
        self.slo, self._beat, self._feed, self._start_ns = slo, beat, feed, start_ns
        self._tick_ns = tick_ns
        self._disturbances, self._conditions, self._even = disturbances, conditions, even
        self._asks = any(isinstance(leaf, ExhaustedWithin) for each in conditions for leaf in leaves(each))
        self._evaluator = Evaluator(Catalogue(slos={slo.name: slo}), stored=True)
        self._status: Status | None = None
        self.still_ns = start_ns - 1  # until here nothing can change

    def fill(self, since_ns: int) -> None:
        """The past before the case: nothing but good, from `since_ns` on."""
        self._evaluator.apply(schedules=[schedule(self.slo, self._beat, since_ns)])
        needs = self._evaluator.needs(self.slo.counted, self._start_ns)
        rows = past(self.slo, self._beat, needs, since_ns, max(since_ns, self._feed.begun_ns))
        self._evaluator.fill(self.slo.counted, rows, self._start_ns)

    def judge(self, now_ns: int) -> tuple[Transition, ...]:
        deltas, progress = self._feed.until(now_ns)
        self._evaluator.apply(deltas, progress)
        evaluation = self._evaluator.tick(now_ns)
        status = with_budget_interval(evaluation.statuses[self.slo.name])
        if self._asks:
            lasts = exhaustion(self.slo, status, budget_past(self._evaluator.floor, self.slo))
            status = replace(status, exhaustion=lasts)
        self._status = status
        return evaluation.transitions

    def seen(self, now_ns: int) -> Status:
        """The newest status; while nothing can change only its instants move on."""
        status = self._status
        assert status is not None
        passed = now_ns - status.at_ns
        if not passed or status.watermark_ns is None or status.progress_ns is None:
            return status
        return replace(
            status,
            at_ns=now_ns,
            watermark_ns=status.watermark_ns + passed,
            progress_ns=status.progress_ns + passed,
        )

    def rest(self, now_ns: int, *, restless: bool) -> None:
        """Works out until when nothing can change, after a tick. `restless`: a rule waits for its `for`."""
        status = self._status
        assert status is not None
        settle_ns = self.slo.timing.horizon_ns + (LATELY + 1) * max(
            self.slo.timing.grace_ns, self.slo.slice_width_ns, int(self._beat.sources / self._beat.rate * 10**9)
        )
        disturbed = any(d.since_ns <= now_ns < d.until_ns + settle_ns for d in self._disturbances)
        if restless or disturbed or not self._even:
            self.still_ns = now_ns
            return
        coming = [d.since_ns for d in self._disturbances if d.since_ns > now_ns]
        stream = self._evaluator.streams[self.slo.counted]
        until_ns = min(coming, default=now_ns + 10 * self.slo.window_ns)
        alarm_left = self._evaluator.floor.alarm_left(self.slo)
        still = Still(self.slo, stream, self._beat, status, until_ns, self._start_ns, self._conditions, alarm_left)
        last_ns = self._start_ns + (still.last_ns() - self._start_ns) // self._tick_ns * self._tick_ns
        self.still_ns = last_ns - 1 if last_ns > now_ns else now_ns  # the last tick of a rest counts what was quiet


def patients(case: Case, catalogue: Catalogue, since_ns: int, groups: Mapping[tuple[str, str], Group]) -> list[Patient]:
    """Every SLO of the catalogue, its past filled in. Those on one stream get the same."""
    by_stream = {catalogue.slos[name].stream.id: written for name, written in case.series.items()}
    rates = {catalogue.slos[name].stream.id: rate for name, rate in case.rates.items()}
    found = []
    for slo in catalogue.slos.values():
        beat = rhythm(slo, catalogue, case.partitions, rates.get(slo.stream.id))
        written = by_stream.get(slo.stream.id, ())
        stage = (slo.pipeline, slo.indicator.stage) if isinstance(slo.indicator, Lag) else None
        feed: FlowFeed | LagFeed
        if stage is not None and stage in groups and slo.stream.id not in by_stream:
            feed = LagFeed(slo, groups[stage])
            disturbed = [(b.start_ns, b.end_ns) for b in groups[stage].written]
        else:
            feed = FlowFeed(slo, beat, Flow(case.start_ns, beat.rate, written), since_ns)
            disturbed = [(s.start_ns, s.end_ns) for s in written]
        disturbed += [(e.since_ns, e.until_ns + 1) for e in case.expect if e.measures and e.slo == slo.name]
        patient = Patient(
            slo,
            beat,
            feed,
            start_ns=case.start_ns,
            tick_ns=case.tick_ns,
            disturbances=[Disturbance(case.start_ns + since, case.start_ns + until) for since, until in disturbed],
            conditions=_conditions(slo, catalogue),
            even=_is_even(slo, written),
        )
        patient.fill(since_ns)
        found.append(patient)
    return found


def _conditions(slo: Slo, catalogue: Catalogue) -> tuple[Condition, ...]:
    rules = [rule for p in catalogue.policies.values() if p.selector.matches(slo.labels, slo.name) for rule in p.rules]
    return tuple(condition for rule in rules for condition in (rule.when, rule.release))


def _is_even(slo: Slo, written: Sequence[Segment]) -> bool:
    idle = slo.indicator.basis is Basis.SLICES and any(s.look is Look.IDLE for s in written)
    return not idle and all(s.rate is None for s in written)
