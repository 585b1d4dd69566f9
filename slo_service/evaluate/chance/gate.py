"""Whether a tier that burns may fire: few events burn fast by chance alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.slo import Severity, Slo, Tier
from slo_service.domain.status import Reading
from slo_service.domain.tally import Tally
from slo_service.evaluate.chance.binomial import MANY, often, page_gate, rounds, tail, ticket_gate, told
from slo_service.evaluate.counts.expectation import Expectation


def gate(slo: Slo, expectation: Expectation, tier: Tier, long: Reading) -> str:
    """Why it may not, as a sentence; empty when it may. A page needs failures that chance would not give; a ticket at
    the objective itself needs a ratio that is surely above it."""
    sources, budget, significance = expectation.sources, slo.objective.budget, slo.alerting.signals.significance
    if significance >= 1 or not sources:
        return ""
    failures = long.tally
    if slo.unmeasured is Unmeasured.BAD:  # silence is a witness where it was declared to be one
        failures = Tally(failures.good, failures.bad + int(long.unmeasured_events))
    if tier.severity is Severity.PAGE:
        return page_gate(failures, sources, budget, significance)
    if tier.severity is Severity.TICKET and tier.factor(slo.window_ns) <= Fraction(1):
        return ticket_gate(failures, sources, budget, tier.long_ns, expectation.round_ns)
    return ""


@dataclass(frozen=True, slots=True)
class MemberRounds:
    """What a long window holds of one member of a composite. Alone, it spends the budget of the composite where `bears`
    of its events are bad: its own budget ÷ its weight. `expected` failures are what its own budget allows."""

    name: str
    trials: int
    bad: int
    sources: int
    bears: Fraction
    expected: Fraction

    @classmethod
    def of(cls, name: str, target: Fraction, weight: Fraction, long: Reading, expectation: Expectation) -> MemberRounds:
        """`expectation` is of a schedule that has sources."""
        trials, bad = rounds(long.tally, expectation.sources)
        budget, round_ns = 1 - target, expectation.round_ns
        expected = budget * long.length_ns / round_ns if round_ns else Fraction(MANY)
        return cls(name, trials, bad, expectation.sources, budget / weight, expected)


def composite_gate(slo: Slo, tier: Tier, members: Sequence[MemberRounds]) -> str:
    """The same for the weighted sum of several. Their events may fail together, since one lost canary may be both late
    and missing. So each member is a witness by itself, and all are one more: a round of them is bad by the share of its
    burn that was lost. The doubt is divided among the witnesses, of which one must be beyond it."""
    doubt = _doubt(slo, tier, members)
    seen = [each for each in members if each.trials]
    if doubt is None or not seen:
        return ""
    whole, trials = sum((1 / each.bears for each in seen), Fraction(0)), min(each.trials for each in seen)
    lost = int(trials * sum((each.bad / (each.bears * each.trials) for each in seen), Fraction(0)) / whole)
    witnesses = [(each.name, each.bad, each.trials, each.sources, each.bears) for each in seen]
    if len(seen) > 1:
        witnesses.append(("all members", lost, trials, len(seen), 1 / whole))
    likely = [tail(bad, of, float(limit)) for _, bad, of, _, limit in witnesses]
    share = float(doubt) / len(witnesses)
    if min(likely) < share:
        return ""
    name, bad, of, sources, _ = witnesses[likely.index(min(likely))]
    asked = "a page" if tier.severity is Severity.PAGE else "a ticket"
    return (
        f"{name}: {told(bad, of, sources)}; chance alone gives that {often(min(likely))}, "
        f"{asked} asks for {often(share)}"
    )


def _doubt(slo: Slo, tier: Tier, members: Sequence[MemberRounds]) -> Fraction | None:
    """None where the tier needs no witness."""
    significance = slo.alerting.signals.significance
    if significance >= 1:
        return None
    if tier.severity is Severity.PAGE:
        return significance
    if tier.severity is Severity.TICKET and tier.factor(slo.window_ns) <= Fraction(1):
        return Fraction(1, 100) if sum(each.expected for each in members) >= MANY else Fraction(1, 20)
    return None
