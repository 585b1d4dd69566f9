"""References resolved: names to objects, and SLO drafts to SLOs with their pipeline, timing and tiers."""

from __future__ import annotations

from slo_service.definitions.document import Document, Draft, Drafts
from slo_service.definitions.finding import Mark
from slo_service.definitions.kinds.alerting import SelectedAlerting
from slo_service.definitions.kinds.indicator import IndicatorDraft
from slo_service.definitions.kinds.kind import Linked, SloView
from slo_service.definitions.kinds.slo import SloDraft
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.scalar import nearest
from slo_service.definitions.slo_lints import check_slo
from slo_service.domain.pipeline import Canary, Pipeline
from slo_service.domain.slo import Alerting, Slo


def resolve_references(drafts: Drafts, notes: Notebook) -> None:
    """Services are looked up only where any is declared: OpenSLO documents often come without them."""
    for reference in notes.references:
        known = drafts.names(reference.kind)
        if reference.name in known | drafts.loose or not reference.name:
            continue
        if reference.kind != "Service" or known:
            what = f"there is no {reference.kind} {reference.name}"
            notes.add(reference.mark, "E302", what, nearest(reference.name, known))


def refuse_repeats(drafts: Drafts, notes: Notebook) -> None:
    first: dict[tuple[str, str], Document] = {}
    for draft in drafts.drafts:
        document = draft.document
        before = first.setdefault((document.kind, document.name), document)
        if before is not document and document.name:
            what = f"there is another {document.kind} {document.name} at {before.defined_at}"
            notes.add(document.name_mark, "E301", what, "rename one of the two")


def link_slos(drafts: Drafts, notes: Notebook) -> tuple[Linked, dict[str, Slo]]:
    slos: dict[str, Slo] = {}
    views: list[SloView] = []
    for draft in drafts.every(SloDraft):
        canary = _canary(draft.value.indicator, drafts)
        pipeline = _pipeline_name(draft, canary, notes)
        labels = {**draft.document.labels, **({"pipeline": pipeline} if pipeline else {})}
        alerting = _alerting(draft.document, labels, drafts, notes)
        sound = alerting is not None and not alerting.broken
        views.append(SloView(draft.document.name, labels, pipeline, alerting.value if alerting and sound else None))
        slo = _slo(draft, canary, alerting.value, labels, drafts) if alerting and pipeline else None
        if slo is not None and sound:
            slos.setdefault(slo.name, slo)
            check_slo(slo, draft, canary.value if canary else None, drafts, notes)
    return Linked(drafts, tuple(views)), slos


def _canary(indicator: IndicatorDraft | None, drafts: Drafts) -> Draft[Canary] | None:
    if indicator is None or indicator.canary is None:
        return None
    return next((draft for draft in drafts.every(Canary) if draft.document.name == indicator.canary), None)


def _pipeline_name(draft: Draft[SloDraft], canary: Draft[Canary] | None, notes: Notebook) -> str | None:
    """From the label, or by way of the canary; they must not contradict each other."""
    label, document = draft.document.labels.get("pipeline"), draft.document
    measured = canary.value.pipeline if canary else None
    mark = document.metadata.at("labels", "pipeline")
    if label and measured and label != measured:
        what = (
            f"the label says pipeline {label}, but the canary {canary.document.name if canary else ''} is of {measured}"
        )
        notes.add(mark, "E306", what, f"write pipeline: {measured}, or use a canary of {label}")
        return None
    if draft.value.indicator and draft.value.indicator.kind == "lag" and not label:
        notes.add(document.name_mark, "E306", "nothing says which pipeline this is about", "add labels: {pipeline: …}")
    return label or measured or None


def _alerting(document: Document, labels: dict[str, str], drafts: Drafts, notes: Notebook) -> Draft[Alerting] | None:
    """The one that selects the SLO, else the preset; None when two do."""
    chosen = [draft for draft in drafts.every(SelectedAlerting) if draft.value.selector.matches(labels)]
    if len(chosen) > 1:
        names = " and ".join(draft.document.name for draft in chosen)
        mark: Mark = chosen[1].document.spec.at("selector", "matchLabels")
        what = f"the alertings {names} both select the SLO {document.name}"
        notes.add(mark, "E305", what, "narrow the matchLabels of one of them")
        return None
    if not chosen:
        return Draft(document, Alerting(), broken=False)
    return Draft(chosen[0].document, chosen[0].value.alerting, chosen[0].broken)


def _slo(
    draft: Draft[SloDraft], canary: Draft[Canary] | None, alerting: Alerting, labels: dict[str, str], drafts: Drafts
) -> Slo | None:
    """None when something it stands on is missing or broken, which has been said elsewhere."""
    indicator, document = draft.value.indicator, draft.document
    pipeline = drafts.sound(Pipeline).get(labels["pipeline"])
    if indicator is None or pipeline is None:
        return None
    indicator.check_place(document, pipeline)
    if draft.broken or (indicator.canary is not None and (canary is None or canary.broken)):
        return None
    probe = canary.value if canary else None
    return Slo(
        name=document.name,
        display_name=document.display_name,
        description=draft.value.description,
        service=draft.value.service,
        pipeline=pipeline.name,
        indicator=indicator.build(probe),
        objective=draft.value.objective,
        window_ns=draft.value.window_ns,
        alerting=alerting,
        timing=indicator.timing(probe),
        labels=labels,
        runbook_url=document.annotations.get("runbook"),
        defined_at=document.defined_at,
        definition=document.text,
    )
