"""References resolved: names to objects, and SLO drafts to SLOs with their pipeline, timing and tiers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from slo_service.definitions.document import Document, Draft, Drafts
from slo_service.definitions.kinds.kind import Linked, SloView
from slo_service.definitions.kinds.openslo.grouping import check_grouped
from slo_service.definitions.kinds.openslo.objective import ObjectiveDraft
from slo_service.definitions.kinds.openslo.sli import Sli
from slo_service.definitions.kinds.openslo.slo import SloDraft
from slo_service.definitions.kinds.openslo.stream import StreamDraft
from slo_service.definitions.measuring import (
    Measured,
    built,
    composite,
    measured,
    pipeline_of,
    say_unmeasured,
    sits_on,
    timing,
)
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.shape.postponed import not_yet
from slo_service.definitions.slo_lints import check_slo
from slo_service.definitions.tiering import Messages, Tiering, tiering
from slo_service.domain.budgeting import LONGEST_SLICE_NS, Occurrences
from slo_service.domain.indicator import Indicator, Timing
from slo_service.domain.instant import format_duration
from slo_service.domain.pipeline import Canary, Pipeline
from slo_service.domain.policy import BudgetPolicy
from slo_service.domain.slo import Slo, Unjudged
from slo_service.domain.tally import Objective

MOST_LOOKED_AT = 2_000_000  # names among which one is sought that was meant; beyond it none is offered


def resolve_references(drafts: Drafts, notes: Notebook) -> None:
    looked_at = 0
    for reference in notes.references:
        known = drafts.names(reference.kind)
        if reference.name in known or reference.name in drafts.loose or not reference.name:
            continue
        if reference.needed or known:
            what = f"there is no {reference.kind} {reference.name}"
            looked_at += len(known)
            soon = looked_at <= MOST_LOOKED_AT
            remedy = notes.nearest(reference.mark, reference.name, known) if soon else "correct the name"
            notes.add(reference.mark, "E302", what, remedy)


def refuse_repeats(drafts: Drafts, notes: Notebook) -> None:
    first: dict[tuple[str, str], Document] = {}
    for draft in drafts.drafts:
        document = draft.document
        before = first.setdefault((document.kind, document.name), document)
        if before is not document and document.name:
            what = f"there is another {document.kind} {document.name} at {before.defined_at}"
            notes.add(document.name_mark, "E301", what, "rename one of the two")


@dataclass(frozen=True, slots=True)
class Bound:
    """SLOs by name: those that are judged, and those that cannot be yet; and whom their alert policies tell."""

    slos: dict[str, Slo]
    unjudged: dict[str, Unjudged]
    policies: dict[str, BudgetPolicy]


@dataclass(frozen=True, slots=True)
class _Case:
    """An SLO's document with what was found for it."""

    draft: Draft[SloDraft]
    parts: Sequence[Measured]
    pipeline: str
    labels: Mapping[str, str]
    tiers: Tiering


def link_slos(drafts: Drafts, notes: Notebook) -> tuple[Linked, Bound]:
    bound = Bound({}, {}, {})
    views: list[SloView] = []
    messages = Messages(drafts, notes)
    for draft in drafts.every(SloDraft):
        document = draft.document
        parts = [measured(draft.value, objective, drafts) for objective in draft.value.objectives]
        pipeline = pipeline_of(document, parts, notes)
        labels = {**document.labels, **({"pipeline": pipeline} if pipeline else {})}
        tiers = tiering(draft, labels, drafts, notes)
        alerting = tiers.alerting if tiers and not tiers.broken else None
        names = dict.fromkeys(draft.value.names(document)) or {document.name: None}
        views += [SloView(name, labels, pipeline, alerting) for name in names]
        if tiers is not None and pipeline is not None:
            _bind(_Case(draft, parts, pipeline, labels, tiers), bound, messages, drafts, notes)
    _shared_sit(drafts, notes)
    bound.policies.update(messages.policies())
    return Linked(drafts, tuple(views)), bound


def _shared_sit(drafts: Drafts, notes: Notebook) -> None:
    """SLIs that no SLO uses name hops as well, of the pipeline of their canary."""
    told = {(each.file, each.line, each.column) for each in notes.findings if each.code == "E302"}
    canaries, pipelines = drafts.sound(Canary), drafts.sound(Pipeline)
    for draft in drafts.every(Sli):
        stream = draft.value.indicator
        if draft.broken or not isinstance(stream, StreamDraft):
            continue
        canary, place = canaries.get(stream.canary or ""), stream.node.at("at")
        pipeline = pipelines.get(canary.pipeline) if canary else None
        if pipeline is not None and (place.file, place.line, place.column) not in told:
            stream.check_place(draft.document, pipeline)


def _bind(case: _Case, bound: Bound, messages: Messages, drafts: Drafts, notes: Notebook) -> None:
    for slo, canary in _slos(case, drafts, notes):
        if case.tiers.broken or _taken(slo, case.draft, bound, notes):
            continue
        messages.add(slo, case.tiers.attached)
        if reason := _why_unjudged(slo, case.draft.document):
            bound.unjudged[slo.name] = Unjudged(slo, reason)
        else:
            bound.slos[slo.name] = slo
        check_slo(slo, case.draft, canary, drafts, notes)


def _taken(slo: Slo, draft: Draft[SloDraft], bound: Bound, notes: Notebook) -> bool:
    """Whether another document's objective has the name. Documents of one name have been told of."""
    other = bound.slos.get(slo.name) or (bound.unjudged[slo.name].slo if slo.name in bound.unjudged else None)
    if other is not None and other.declared != slo.declared:
        mark = draft.document.name_mark
        what = f"an objective of {slo.declared} and one of {other.declared} at {other.defined_at} are both {slo.name}"
        notes.add(mark, "E301", what, "rename one of the two")
    return other is not None


def _slos(case: _Case, drafts: Drafts, notes: Notebook) -> Iterator[tuple[Slo, Canary | None]]:
    """None of those of which something they stand on is missing or broken, which has been said."""
    draft, document = case.draft, case.draft.document
    pipeline = drafts.sound(Pipeline).get(case.pipeline)
    if case.pipeline and pipeline is None:
        return
    for part in case.parts:
        if pipeline is not None:
            sits_on(document, part, pipeline)
    if draft.broken or any(part.broken for part in case.parts):
        return
    found: list[tuple[Indicator, Measured, ObjectiveDraft]] = []
    for part, objective in zip(case.parts, draft.value.objectives, strict=True):
        if (indicator := built(part, objective, drafts, notes)) is not None:
            found.append((indicator, part, objective))
            say_unmeasured(part, indicator, notes)
    whole = len(found) == len(case.parts) and draft.value.is_composite
    sums = [_composite(case, found)] if whole else []
    check_grouped(document, [slo.indicator for slo in sums] or [indicator for indicator, _, _ in found])
    if draft.value.is_composite:
        yield from ((slo, None) for slo in sums)
        return
    for (indicator, part, objective), name in zip(found, draft.value.names(document), strict=False):
        yield _slo(case, name, indicator, part, objective), part.canary.value if part.canary else None


def _composite(case: _Case, found: Sequence[tuple[Indicator, Measured, ObjectiveDraft]]) -> Slo:
    """Its budget is the weighted mean of its members', and it waits for the slowest of them."""
    weight = sum((objective.weight for _, _, objective in found), Fraction(0))
    spent = sum((each.weight * each.objective.budget for _, _, each in found), Fraction(0))
    whole = composite([(indicator, objective) for indicator, _, objective in found])
    _, part, first = found[0]
    slo = _slo(case, case.draft.document.name, whole, part, first)
    times = [timing(each) for _, each, _ in found]
    slowest = Timing(max(each.horizon_ns for each in times), max(each.grace_ns for each in times))
    title, mean = case.draft.document.display_name, Objective(1 - spent / weight)
    return replace(slo, objective=mean, display_name=title, timing=slowest)


def _slo(case: _Case, name: str, indicator: Indicator, part: Measured, objective: ObjectiveDraft) -> Slo:
    draft, document = case.draft.value, case.draft.document
    several = name != document.name
    title = f"{document.display_name}: {objective.title or objective.at + 1}" if several else document.display_name
    return Slo(
        name=name,
        display_name=title,
        description=draft.description,
        service=draft.service,
        pipeline=case.pipeline,
        indicator=indicator,
        objective=objective.objective,
        window_ns=draft.window.length_ns,
        alerting=case.tiers.alerting,
        timing=timing(part),
        labels=case.labels,
        runbook_url=document.annotations.get("runbook"),
        defined_at=document.defined_at,
        definition=document.text,
        calendar=draft.window.calendar,
        budgeting=objective.budgeting,
        unmeasured=case.tiers.unmeasured,
        declared=document.name,
        objective_name=objective.title,
        objective_at=objective.at,
        grouping=draft.grouping,
    )


def _why_unjudged(slo: Slo, document: Document) -> str:
    """Empty for what can be judged. The reason is a warning where it is written."""
    if isinstance(slo.budgeting, Occurrences) or slo.budgeting.slice_ns <= LONGEST_SLICE_NS:
        return ""
    longest = format_duration(LONGEST_SLICE_NS)
    written = document.spec.child("objectives").items()[slo.objective_at].child("timeSliceWindow")
    not_yet(written, f"nothing is said of how it fares, and nothing alerts; slices of up to {longest} are judged")
    return f"slices of time longer than {longest} are not judged"
