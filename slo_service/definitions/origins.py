"""Where each value of an SLO was written, for those who ask why it is what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from slo_service.definitions.document import Document, Drafts
from slo_service.definitions.finding import Mark
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.policy import BudgetPolicy
from slo_service.domain.slo import Slo


def with_sources(slos: Mapping[str, Slo], drafts: Drafts, policies: Mapping[str, BudgetPolicy]) -> dict[str, Slo]:
    """Each SLO with `sources`: `target`, `window`, `indicator`, `tiers` and `policy <name>` to `file:line`, or to the
    words `preset <name>` for what stands in no file."""
    written = {draft.document.defined_at: draft.document for draft in drafts.drafts}
    by_name = {(draft.document.kind, draft.document.name): draft.document for draft in drafts.drafts}
    policed, found = _policed(slos, policies), {}
    for name, slo in slos.items():
        sources = _own(slo, written[slo.defined_at], by_name) if slo.defined_at in written else {}
        sources["tiers"] = _tiers(slo, written.get(slo.defined_at), by_name)
        found[name] = replace(slo, sources=sources | policed.get(name, {}))
    return found


def _policed(slos: Mapping[str, Slo], policies: Mapping[str, BudgetPolicy]) -> Mapping[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for policy in policies.values():
        for slo in Catalogue(slos=slos).selected(policy.selector):
            found.setdefault(slo.name, {})[f"policy {policy.name}"] = policy.defined_at
    return found


def _own(slo: Slo, document: Document, by_name: Mapping[tuple[str, str], Document]) -> dict[str, str]:
    spec = document.spec
    objective = spec.at("objectives", slo.objective_at)
    target = spec.at("objectives", slo.objective_at, "target")
    if target == objective:
        target = spec.at("objectives", slo.objective_at, "targetPercent")
    reference = spec.child("indicatorRef").written
    elsewhere = by_name.get(("SLI", reference)) if reference else None
    indicator = elsewhere.spec.mark if elsewhere else spec.at("indicatorRef" if reference else "indicator")
    return {
        "target": _place(target),
        "window": _place(spec.at("timeWindow", 0, "duration")),
        "indicator": _place(indicator),
    }


def _tiers(slo: Slo, document: Document | None, by_name: Mapping[tuple[str, str], Document]) -> str:
    if document is not None and document.spec.child("alertPolicies"):
        return _place(document.spec.at("alertPolicies"))
    alerting = by_name.get(("Alerting", slo.alerting.name))
    return _place(alerting.spec.at("tiers")) if alerting else f"preset {slo.alerting.name}"


def _place(mark: Mark) -> str:
    return f"{mark.file}:{mark.line}"
