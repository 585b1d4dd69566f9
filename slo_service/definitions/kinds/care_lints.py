"""Whether anybody cares for a pipeline or service: an owner, a runbook, and a date at which it is looked at again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from slo_service.definitions.document import Document, Draft
from slo_service.definitions.finding import Mark
from slo_service.definitions.kinds.kind import Linked
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.shape.times import as_day
from slo_service.domain.instant import SECOND
from slo_service.domain.pipeline import Pipeline

OWNER, RUNBOOK, REVIEW = "owner", "runbook", "reviewDate"
_REMEDIES = {
    OWNER: "owner: with the team that answers for it",
    RUNBOOK: "runbook: with an address",
    REVIEW: "reviewDate: with a day such as 2027-01-31",
}


def check(linked: Linked, notes: Notebook) -> None:
    """One finding an object. An SLO has what its pipeline has; one of no pipeline has what its service has."""
    for pipeline in linked.drafts.every(Pipeline):
        _pipeline(pipeline, notes)
    if notes.errors:
        return  # what an SLO is about may not have been told yet
    orphans = {slo.name for slo in linked.slos if slo.pipeline == ""}
    services = {draft.document.name: draft.document for draft in _of_kind("Service", linked)}
    for draft in _of_kind("SLO", linked):
        document = draft.document
        if document.name not in orphans or draft.broken or document.labels.get("pipeline"):
            continue
        service = services.get(document.spec.child("service").written)
        together = {**(service.annotations if service else {}), **document.annotations}
        if service and not all(together.get(key) for key in _REMEDIES):
            _say(service, f"service {service.name}", service.annotations, service.name_mark, notes)
        else:
            _say(document, f"SLO {document.name}", together, document.name_mark, notes)


def _of_kind(kind: str, linked: Linked) -> Iterator[Draft[object]]:
    return (draft for draft in linked.drafts.drafts if draft.document.kind == kind)


def _pipeline(draft: Draft[Pipeline], notes: Notebook) -> None:
    document, pipeline = draft.document, draft.value
    if draft.broken:
        return
    given = {
        OWNER: pipeline.owner or _written(document, OWNER),
        RUNBOOK: pipeline.runbook_url or _written(document, RUNBOOK) or document.annotations.get(RUNBOOK, ""),
        REVIEW: pipeline.review_date or _written(document, REVIEW) or document.annotations.get(REVIEW, ""),
    }
    _say(document, f"pipeline {document.name}", given, document.spec.mark, notes)


def _written(document: Document, key: str) -> str:
    """What is there and wrong has been said elsewhere; it counts as given."""
    return document.spec.child(key).written


def _say(document: Document, what: str, given: Mapping[str, str], mark: Mark, notes: Notebook) -> None:
    missing = [key for key in (OWNER, RUNBOOK, REVIEW) if not given.get(key)]
    if missing:
        words = {OWNER: "no owner", RUNBOOK: "no runbook", REVIEW: "no review date"}
        lacks = [words[key] for key in missing]
        listed = lacks[0] if len(lacks) == 1 else f"{', '.join(lacks[:-1])} and {lacks[-1]}"
        remedy = "; ".join(_REMEDIES[key] for key in missing)
        notes.add(mark, "W501" if OWNER in missing else "W510", f"the {what} has {listed}", f"add {remedy}")
    day = as_day(given.get(REVIEW, ""))
    if day is not None and notes.now_ns is not None:
        today = datetime.fromtimestamp(notes.now_ns // SECOND, UTC).date()
        if day < today:
            place = document.spec.at(REVIEW) if document.spec.child(REVIEW) else document.name_mark
            message = f"the review date of the {what} was {day}"
            notes.add(place, "W522", message, "look at it again and write a later day")
