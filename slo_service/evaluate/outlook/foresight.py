"""For policies that ask how long a budget still lasts: that figure, of those objectives only, when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.condition import leaves
from slo_service.domain.instant import HOUR, floor_to
from slo_service.domain.policy import ExhaustedWithin
from slo_service.domain.slo import Slo
from slo_service.domain.status import Exhaustion, Status
from slo_service.evaluate.counts.ring import BAD, GOOD, OBSERVED
from slo_service.evaluate.floor import Floor
from slo_service.evaluate.history.past import Past
from slo_service.evaluate.judge.figures import Figures, Standing
from slo_service.evaluate.judge.subject import Plain
from slo_service.evaluate.outlook.forecast import Outlook, forecast
from slo_service.evaluate.statuses import Glance

PACE_NS = HOUR
LEAST = Fraction(1, 2)  # coverage of the last hour below which its burn says too little


def asked_for(catalogue: Catalogue) -> frozenset[str]:
    """The objectives with a rule that hangs on how long the budget lasts."""
    asking = [
        policy
        for policy in catalogue.policies.values()
        if any(
            isinstance(leaf, ExhaustedWithin)
            for rule in policy.rules
            for condition in (rule.when, rule.release)
            for leaf in leaves(condition)
        )
    ]
    return frozenset(slo.name for policy in asking for slo in catalogue.selected(policy.selector))


def exhaustion(slo: Slo, status: Status, past: Past | None) -> Exhaustion:
    """`past`: what is kept of the budget window; without it nothing can be told of a rolling one, since old failures
    may leave it in time."""
    reading = status.readings.get(PACE_NS)
    if reading is not None and reading.coverage < LEAST:
        return Exhaustion(PACE_NS, reason="too little of the last hour was measured")
    (pace,) = forecast(slo, status, past, (PACE_NS,)).paces
    match pace.outlook:
        case Outlook.UNKNOWN:
            return Exhaustion(PACE_NS, reason=pace.reason)
        case Outlook.EXHAUSTED:
            return Exhaustion(PACE_NS, 0, 0, 0)
        case _ if pace.burn_interval is None:
            return Exhaustion(PACE_NS, reason="nothing bounds the burn of several indicators")
        case _ if pace.at_least:
            return Exhaustion(PACE_NS, reason="it is not known which failures leave the window meanwhile")
        case _:
            return Exhaustion(PACE_NS, pace.after_ns, pace.earliest_ns, pace.latest_ns)


def budget_past(floor: Floor, slo: Slo) -> Past | None:
    """What the rings hold of the objective's budget window; None before its first watermark, and for a composite of
    events, whose window is not that of one series."""
    subject = floor.subject(slo)
    mark = subject.watermark_ns
    if not isinstance(subject, Plain) or mark is None:
        return None
    ring = max(subject.track.bank.rings, key=lambda each: each.width_ns)
    width = ring.width_ns
    start = floor_to(mark - slo.window_ns, width)
    if ring.oldest_ns > start:
        return None
    _, counts = ring.series(start // width, mark // width + 1, subject.track.column)
    return Past(start, width, counts[GOOD], counts[BAD], counts[OBSERVED])


class Foreseen(Glance):
    """The same statuses; those of the objectives that are `asked` for say how long the budget lasts."""

    def __init__(
        self, of: Glance, catalogue: Catalogue, asked: frozenset[str], past: Callable[[Slo], Past | None]
    ) -> None:
        self._of, self._slos, self._asked, self._past = of, catalogue.slos, asked, past
        self._made: dict[str, Status] = {}

    def __getitem__(self, name: str) -> Status:
        if name not in self._asked:
            return self._of[name]
        if name not in self._made:
            slo, status = self._slos[name], self._of[name]
            self._made[name] = replace(status, exhaustion=exhaustion(slo, status, self._past(slo)))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def __len__(self) -> int:
        return len(self._of)

    def __contains__(self, name: object) -> bool:
        return name in self._of

    def standing(self, name: str) -> Standing | None:
        return self._of.standing(name)

    def figures(self) -> Sequence[Figures]:
        return self._of.figures()
