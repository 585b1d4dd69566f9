"""A made stream, tick by tick: what canaries would have yielded, fed through the real evaluator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.event import Transition
from slo_service.domain.indicator import Freshness, Schedule, Timing
from slo_service.domain.instant import DAY, HOUR, SECOND
from slo_service.domain.signals import Signals
from slo_service.domain.slo import Alerting, Severity, Slo
from slo_service.domain.status import Status
from slo_service.domain.tally import Objective
from slo_service.evaluate.evaluator import Evaluator

START = 1_790_000_000 * SECOND - 1_790_000_000 * SECOND % (15 * 60 * SECOND)
AT_ONCE = Alerting(
    keep_firing_ns={Severity.PAGE: 0, Severity.TICKET: 0},
    signals=Signals(significance=Fraction(1)),  # the rules for few events are off
)


def an_slo(target: str = "0.999", window_ns: int = 30 * DAY, alerting: Alerting = AT_ONCE) -> Slo:
    return Slo(
        name="orders-freshness",
        display_name="Orders are fresh",
        description="",
        service="orders",
        pipeline="orders",
        indicator=Freshness("orders-canary", 5 * SECOND),
        objective=Objective(Fraction(target)),
        window_ns=window_ns,
        alerting=alerting,
        timing=Timing(horizon_ns=0, grace_ns=3 * SECOND),
    )


class Timeline:
    """`rate` events a second; `bad(t_seconds)` is the share of them that fail; None is a moment nobody looked."""

    def __init__(self, slo: Slo, rate: int = 1000) -> None:
        self.slo, self.rate = slo, rate
        self.evaluator = Evaluator(Catalogue(slos={slo.name: slo}))
        self.now = START
        self.transitions: list[Transition] = []
        self.evaluator.apply(schedules=[Schedule(slo.stream.id, START, Fraction(rate), 1)])
        self.status: Status | None = None

    def fill(self, length_ns: int = 4 * DAY, good_share: Fraction = Fraction(1)) -> None:
        """A past of nothing but measured time, in whole slices."""
        width = self.slo.slice_width_ns
        per_slice = self.rate * width // SECOND
        good = int(per_slice * good_share)
        deltas = [
            Delta(self.slo.stream.id, at, good, per_slice - good, 1) for at in range(START - length_ns, START, width)
        ]
        self.evaluator.apply(deltas)

    def run(self, seconds: int, bad: Callable[[int], Fraction | None], tick: int = 1) -> None:
        name = self.slo.stream.id
        for step in range(0, seconds, tick):
            share = bad(step)
            at = self.now
            self.now += tick * SECOND
            if share is not None:
                total = self.rate * tick
                failed = share * total
                assert failed.denominator == 1, "choose a rate that splits evenly"
                self.evaluator.apply(
                    [Delta(name, at - at % self.slo.slice_width_ns, total - int(failed), int(failed), 0)],
                    [Progress(name, "canary/main/0", self.now)],
                )
            evaluation = self.evaluator.tick(self.now)
            self.transitions += evaluation.transitions
            self.status = evaluation.statuses[self.slo.name]

    def at(self, severity: str, change: str, tier: str | None = None) -> list[float]:
        """Seconds since START of the transitions of that severity that open or close it."""
        return [
            (row.event_ns - START) / SECOND
            for row in self.transitions
            if row.severity == severity and row.change == change and tier in (None, row.tier.tier.name)
        ]


def only(slo: Slo, *names: str) -> Slo:
    tiers = tuple(t for t in slo.alerting.tiers if t.name in names)
    return replace(slo, alerting=replace(slo.alerting, tiers=tiers))


__all__ = ["AT_ONCE", "HOUR", "START", "Timeline", "an_slo", "only"]
