"""What can be said against an SLO once its canary and tiers are known."""

from __future__ import annotations

from slo_service.definitions.document import Draft, Drafts
from slo_service.definitions.finding import Mark
from slo_service.definitions.kinds.alerting import SelectedAlerting
from slo_service.definitions.kinds.slo import SloDraft
from slo_service.definitions.notebook import Notebook
from slo_service.domain.indicator import Freshness
from slo_service.domain.instant import format_duration
from slo_service.domain.pipeline import Canary
from slo_service.domain.slo import Slo, Tier

_FEWEST_CANARIES = 3  # below it one unlucky canary decides a short window


def check_slo(slo: Slo, draft: Draft[SloDraft], canary: Canary | None, drafts: Drafts, notes: Notebook) -> None:
    for tier in slo.alerting.tiers:
        _can_fire(slo, tier, draft, notes)
        if canary is not None and tier.short_ns < _FEWEST_CANARIES * canary.every_ns:
            _too_few(slo, tier, canary, drafts, notes)
    indicator = slo.indicator
    transit_ns = canary.expected_transit_ns if canary else None
    if isinstance(indicator, Freshness) and transit_ns is not None and indicator.within_ns <= transit_ns:
        within, transit = format_duration(indicator.within_ns), format_duration(transit_ns)
        what = f"within {within} cannot be met when the transit takes {transit}"
        mark = draft.value.indicator.node.at("within") if draft.value.indicator else draft.document.mark
        notes.add(mark, "E404", what, "write a longer within")


def _can_fire(slo: Slo, tier: Tier, draft: Draft[SloDraft], notes: Notebook) -> None:
    """A total outage burns at 1 ÷ (1 − T); a tier fires only above its factor."""
    factor = tier.factor(slo.window_ns)
    if factor * slo.objective.budget >= 1:
        lowest = float(1 - 1 / factor) * 100
        what = f"the tier {tier.name} (factor {float(factor):.4g}) can never fire for {slo.name}"
        remedy = f"write a target above {lowest:.2f} %, or give the SLO an Alerting with a smaller budgetShare"
        objective = draft.document.spec.child("objectives").items()[0]
        key = "target" if objective.child("target") else "targetPercent"
        notes.add(objective.at(key), "E402", what, remedy)


def _too_few(slo: Slo, tier: Tier, canary: Canary, drafts: Drafts, notes: Notebook) -> None:
    every = format_duration(canary.every_ns)
    what = (
        f"the short window {format_duration(tier.short_ns)} of {tier.name} holds under three canaries of {canary.name}"
    )
    remedy = f"with one every {every} write short: {format_duration(3 * canary.every_ns)} or longer, or send more often"
    notes.add(_window_mark(slo, tier, canary, drafts), "E403", what, remedy)


def _window_mark(slo: Slo, tier: Tier, canary: Canary, drafts: Drafts) -> Mark:
    """The tier's own place; a preset has none, so there it is the canary's period."""
    own = drafts.sound(SelectedAlerting).get(slo.alerting.name)
    written = own.short_marks.get(tier.name) if own else None
    return written or drafts.document(Canary, canary.name).spec.at("every")
