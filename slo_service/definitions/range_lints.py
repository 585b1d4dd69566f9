"""Whether an SLO's numbers can be reckoned with: slices too coarse for the budget, counts and fractions too large."""

from __future__ import annotations

from slo_service.definitions.finding import Mark
from slo_service.definitions.notebook import Notebook
from slo_service.domain.budgeting import Occurrences
from slo_service.domain.cell import HIGHEST_COUNT
from slo_service.domain.indicator import Lag
from slo_service.domain.instant import format_duration
from slo_service.domain.pipeline import Canary
from slo_service.domain.slo import Slo

HIGHEST_TERM = 1 << 18  # of the fractions that 64-bit cross-multiplication takes with counts below HIGHEST_COUNT


def check_range(slo: Slo, canary: Canary | None, mark: Mark, notes: Notebook) -> None:
    _slices(slo, mark, notes)
    if canary is not None and slo.window_ns // canary.every_ns >= HIGHEST_COUNT:
        what = f"{slo.name} would count more than {HIGHEST_COUNT} canaries in {format_duration(slo.window_ns)}"
        notes.add(mark, "E409", what, "send less often, or write a shorter window")
    limits = [slo.objective.target, *(tier.factor(slo.window_ns) * slo.objective.budget for tier in slo.alerting.tiers)]
    widest = max(max(abs(limit.numerator), limit.denominator) for limit in limits)
    if widest >= HIGHEST_TERM:
        what = f"the target of {slo.name} or a factor of its tiers is a fraction with the term {widest}"
        notes.add(
            mark, "W512", what, "leave it if you need it: it is judged exactly, only slower; or write fewer digits"
        )


def _slices(slo: Slo, mark: Mark, notes: Notebook) -> None:
    """Only where a slice is bad or good as a whole; events are counted one by one."""
    width_ns = slo.slice_width_ns if isinstance(slo.budgeting, Occurrences) else slo.budgeting.slice_ns
    if isinstance(slo.budgeting, Occurrences) and not isinstance(slo.indicator, Lag):
        return
    allowed_ns = slo.objective.budget * slo.window_ns
    if 2 * width_ns > allowed_ns:
        spent = f"{float(width_ns / allowed_ns) * 100:.3g} %"
        what = f"one bad slice of {format_duration(width_ns)} spends {spent} of the budget of {slo.name}"
        shorter = "" if isinstance(slo.budgeting, Occurrences) else "a shorter timeSliceWindow, "
        notes.add(mark, "E408", what, f"write {shorter}a lower target or a longer window")
