"""Whether a tier that burns may fire: few events burn fast by chance alone."""

from __future__ import annotations

from fractions import Fraction

from slo_service.domain.slo import Severity, Slo, Tier
from slo_service.domain.status import Reading
from slo_service.evaluate.chance.binomial import page_gate, ticket_gate
from slo_service.evaluate.counts.expectation import Expectation


def gate(slo: Slo, expectation: Expectation, tier: Tier, long: Reading) -> str:
    """Why it may not, as a sentence; empty when it may. A page needs failures that chance would not give; a ticket at
    the objective itself needs a ratio that is surely above it."""
    sources, budget, significance = expectation.sources, slo.objective.budget, slo.alerting.signals.significance
    if significance >= 1 or not sources:
        return ""
    if tier.severity is Severity.PAGE:
        return page_gate(long.tally, sources, budget, significance)
    if tier.severity is Severity.TICKET and tier.factor(slo.window_ns) <= Fraction(1):
        return ticket_gate(long.tally, sources, budget, tier.long_ns, expectation.round_ns)
    return ""
