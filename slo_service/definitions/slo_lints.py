"""What can be said against an SLO once its canary and tiers are known."""

from __future__ import annotations

from slo_service.definitions.document import Draft, Drafts
from slo_service.definitions.finding import Mark
from slo_service.definitions.kinds.alerting import SelectedAlerting
from slo_service.definitions.kinds.openslo.sli import Sli
from slo_service.definitions.kinds.openslo.slo import SloDraft
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.range_lints import check_range
from slo_service.domain.indicator import Duplicates, Freshness, Lag
from slo_service.domain.instant import format_duration
from slo_service.domain.pipeline import Canary, Pipeline, SqlTable
from slo_service.domain.slo import Severity, Slo, Tier

_FEWEST_CANARIES = 3  # below it one unlucky canary decides a short window
_FEWEST_EXPECTED = 0.4  # failures a long window expects at the objective, below which single ones page


def check_slo(slo: Slo, draft: Draft[SloDraft], canary: Canary | None, drafts: Drafts, notes: Notebook) -> None:
    for tier in slo.alerting.tiers:
        _can_fire(slo, tier, draft, notes)
        if canary is not None and tier.short_ns < _FEWEST_CANARIES * canary.every_ns:
            _too_few(slo, tier, canary, drafts, notes)
    if canary is not None:
        _few_events(slo, draft, canary, notes)
    pipeline = drafts.sound(Pipeline).get(slo.pipeline)
    if pipeline is not None:
        _floor(slo, pipeline, canary, notes, indicator_mark(slo, draft, drafts, "within"))
        _unseen(slo, pipeline, notes, indicator_mark(slo, draft, drafts, "at"))
    check_range(slo, canary, objective_mark(slo, draft), notes)


def objective_mark(slo: Slo, draft: Draft[SloDraft]) -> Mark:
    items = draft.document.spec.child("objectives").items()
    objective = items[slo.objective_at]
    return objective.at("target" if objective.child("target") else "targetPercent")


def indicator_mark(slo: Slo, draft: Draft[SloDraft], drafts: Drafts, key: str) -> Mark:
    """Where a part of the stream is written, in the SLO itself or in the SLI it refers to."""
    spec = draft.document.spec
    for holder in (spec.child("objectives").items()[slo.objective_at], spec):
        if holder.child("indicator"):
            return holder.at("indicator", "spec", *_STREAM, slo.indicator.kind, key)
        if reference := holder.child("indicatorRef").written:
            shared = drafts.named(Sli).get(reference)
            if shared is not None:
                return shared.document.spec.at(*_STREAM, slo.indicator.kind, key)
            return holder.at("indicatorRef")
    return draft.document.mark


_STREAM = ("ratioMetric", "raw", "metricSource", "spec")


def _can_fire(slo: Slo, tier: Tier, draft: Draft[SloDraft], notes: Notebook) -> None:
    """A total outage burns at 1 ÷ (1 − T); a tier fires only above its factor, or at it."""
    factor = tier.factor(slo.window_ns)
    share = factor * slo.objective.budget
    if share > 1 or (share == 1 and not tier.inclusive):
        lowest = float(1 - 1 / factor) * 100
        what = f"the tier {tier.name} (factor {float(factor):.4g}) can never fire for {slo.name}"
        share_instead = "give the SLO an Alerting with a smaller budgetShare"
        instead = share_instead if tier.burn is None else "ask for a lower burn rate"
        remedy = f"write a target above {lowest:.2f} %, or {instead}"
        notes.add(objective_mark(slo, draft), "E402", what, remedy)


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


def _few_events(slo: Slo, draft: Draft[SloDraft], canary: Canary, notes: Notebook) -> None:
    """Few canaries make burn rates lie: β·W ÷ τ is how many failures a window expects of a pipeline at its objective,
    W·β·b is how long a total outage lasts before a page."""
    pages = [tier for tier in slo.alerting.tiers if tier.severity is Severity.PAGE]
    if not pages:
        return
    every, budget = format_duration(canary.every_ns), slo.objective.budget
    fewest = min(pages, key=lambda tier: tier.long_ns)
    expected = float(budget * fewest.long_ns / canary.every_ns)
    if expected < _FEWEST_EXPECTED:
        most_ns = int(float(budget) * fewest.long_ns / _FEWEST_EXPECTED)
        what = (
            f"a canary every {every} is seldom for {slo.name}: at the objective {fewest.name} expects {expected:.2g} "
            "failures, so a single one may page"
        )
        remedy = f"send every {_rounded(most_ns)} or more often, or ask for less"
        notes.add(objective_mark(slo, draft), "W508", what, remedy)
    fastest_ns, first = min((int(budget * tier.factor(slo.window_ns) * tier.long_ns), tier.name) for tier in pages)
    if 0 < fastest_ns < _FEWEST_CANARIES * canary.every_ns:
        what = f"a total outage of {slo.name} pages by {first} within three canaries, of which one comes every {every}"
        remedy = f"send every {_rounded(fastest_ns // _FEWEST_CANARIES)} or more often, or ask for less"
        notes.add(objective_mark(slo, draft), "W509", what, remedy)


def _rounded(duration_ns: int) -> str:
    """Two digits, downward, so that the advice still holds."""
    unit = 10 ** max(0, len(str(duration_ns)) - 2)
    return format_duration(duration_ns // unit * unit)


def _floor(slo: Slo, pipeline: Pipeline, canary: Canary | None, notes: Notebook, mark: Mark) -> None:
    """T at or below what the way takes, with the waiting for commits, cannot be met on a good day."""
    indicator = slo.indicator
    if isinstance(indicator, Lag):
        waits = {stage.name: stage.commit_interval_ns for stage in pipeline.stages}
        wait_ns = waits.get(indicator.stage, pipeline.sink_commit_interval_ns) or 0
        if indicator.within_ns <= wait_ns:
            within = format_duration(indicator.within_ns)
            what = f"within {within} cannot be met by a commit every {format_duration(wait_ns)}"
            notes.add(mark, "E404", what, "write a longer within, or let the stage commit more often")
    elif isinstance(indicator, Freshness) and canary is not None:
        transit_ns = canary.expected_transit_ns or 0
        wait_ns = canary.commit_interval_ns or pipeline.commit_interval_ns(indicator.at)
        if indicator.within_ns <= transit_ns + wait_ns:
            commits = f" and a commit comes every {format_duration(wait_ns)}" if wait_ns else ""
            takes = f"the transit takes {format_duration(transit_ns)}{commits}"
            what = f"within {format_duration(indicator.within_ns)} cannot be met when {takes}"
            notes.add(mark, "E404", what, "write a longer within")


def _unseen(slo: Slo, pipeline: Pipeline, notes: Notebook, mark: Mark) -> None:
    indicator = slo.indicator
    if isinstance(indicator, Duplicates) and indicator.at in pipeline.hops:
        place = pipeline.place(indicator.at)
        if isinstance(place, SqlTable) and place.unique:
            what = f"{place.table} has a unique key, so that {slo.name} can see no duplicate"
            last = pipeline.stages[-1].name if pipeline.stages else "source"
            notes.add(mark, "W514", what, f"measure the last topic instead, at: {last}")
