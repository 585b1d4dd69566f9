"""`Job`: something that can be paused, and how its controller reaches it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from slo_service.definitions.document import OURS, Document
from slo_service.definitions.kinds.controllers import CONTROLLER, check_signs
from slo_service.definitions.kinds.kind import kind
from slo_service.definitions.shape import Choice, Chosen, Duration, ListOf, Name, Reference
from slo_service.definitions.shape.postponed import Postponed
from slo_service.definitions.shape.times import Cron, TimeZone
from slo_service.domain.pipeline import Job

_OWN_PIPELINE = "until then policies reach it through its own pipeline alone"


@dataclass(frozen=True, slots=True)
class JobSpec:
    """Something that runs beside pipelines and can be paused to give them air."""

    criticality: Annotated[str, Choice(("normal", "critical", "best-effort")), "A critical job is never paused."]
    controller: Annotated[Chosen | None, CONTROLLER, "How it is reached."]
    pipeline: Annotated[str | None, Reference("Pipeline"), "The one it belongs to."] = None
    description: Annotated[str, "What it does, and whom a delay of it hurts."] = ""
    owner: Annotated[str, "The team that answers for it."] = ""
    max_pause: Annotated[int | None, Duration(), "The longest it may be held; 4h unless given."] = None
    resources: Annotated[tuple[str, ...], ListOf(Name()), "What it uses: clusters, databases, topics."] = ()
    shared_with: Annotated[
        tuple[str, ...],
        Postponed(ListOf(Reference("Pipeline")), _OWN_PIPELINE, lambda value: not value),
        "Other pipelines that share these.",
    ] = ()
    managed_by: Annotated[str, "A GitOps or autoscaling controller that may undo a pause: argocd, flux, keda, …"] = ""
    any_pipeline: Annotated[
        bool, "Whether policies of any pipeline may pause it, with scope: all; its owner's consent."
    ] = False
    schedule: Annotated[str, Cron(), "When it starts, for a job that runs at times."] = ""
    time_zone: Annotated[str, TimeZone(), "Of the schedule."] = "UTC"


def _build(document: Document, spec: JobSpec) -> Job:
    controller = spec.controller
    node = document.spec.child("controller")
    if controller is not None and controller.key == "http":
        check_signs(node)
    written = cast("dict[str, dict[str, object]]", CONTROLLER.write(controller)) if controller else {}
    return Job(
        name=document.name,
        pipeline=spec.pipeline or None,
        criticality=spec.criticality,
        controller=controller.key if controller else "",
        spec=written[controller.key] if controller else {},
        labels={**document.labels, "criticality": spec.criticality},
        description=spec.description,
        owner=spec.owner,
        defined_at=document.defined_at,
        max_pause_ns=spec.max_pause,
        resources=spec.resources,
        shared_with=spec.shared_with,
        managed_by=spec.managed_by or None,
        any_pipeline=spec.any_pipeline,
        cdc=bool(getattr(controller.value, "cdc", False)) if controller else False,
        schedule=spec.schedule or None,
        zone=spec.time_zone,
    )


KIND = kind(OURS, "Job", JobSpec, _build)
