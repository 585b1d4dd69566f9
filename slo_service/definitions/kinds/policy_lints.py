"""What can be said against a policy once the SLOs and jobs it is about are known."""

from __future__ import annotations

from collections.abc import Iterator

from slo_service.definitions.document import Draft
from slo_service.definitions.kinds.condition import impossible, tiers_named
from slo_service.definitions.kinds.kind import Linked, SloView
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.scalar import nearest
from slo_service.domain.pipeline import Job
from slo_service.domain.policy import BudgetPolicy, PauseJobs
from slo_service.domain.slo import Severity


def check(linked: Linked, notes: Notebook) -> None:
    for draft in linked.drafts.every(BudgetPolicy):
        if not draft.broken:
            _releases(draft, notes)
            if not linked.unread:
                _selection(draft, linked, notes)


def _releases(draft: Draft[BudgetPolicy], notes: Notebook) -> None:
    for index, rule in enumerate(draft.value.rules):
        if impossible(rule.release):
            mark = draft.document.spec.at("rules", index, "release")
            what = f"the release of the rule {rule.name} can never happen"
            notes.add(mark, "E407", what, "write one that can, such as release: {quietFor: 15m}")


def _selection(draft: Draft[BudgetPolicy], linked: Linked, notes: Notebook) -> None:
    policy, spec = draft.value, draft.document.spec
    slos = [slo for slo in linked.slos if policy.selector.matches(slo.labels)]
    if not slos:
        what = f"the policy {policy.name} selects no SLO"
        mark = spec.at("selector", "matchLabels")
        notes.add(mark, "W503", what, "compare its matchLabels with the labels of the SLOs")
        return
    _tier_names(draft, slos, notes)
    jobs = list(linked.drafts.every(Job))
    if all(slo.pipeline for slo in slos) and not any(job.broken for job in jobs):
        pipelines = {slo.pipeline or "" for slo in slos}
        _pause_selectors(draft, pipelines, [job.value for job in jobs if job.value.pipeline in pipelines], notes)


def _pause_selectors(draft: Draft[BudgetPolicy], pipelines: set[str], jobs: list[Job], notes: Notebook) -> None:
    for rule, action, pause in _pauses(draft.value):
        matched = [job for job in jobs if pause.selector.matches(job.labels)]
        mark = draft.document.spec.at("rules", rule, "do", action, "pauseJobs", "matchLabels")
        if not matched:
            what = f"pauseJobs matches no job of {', '.join(sorted(pipelines))}"
            notes.add(mark, "E405", what, "compare its matchLabels with the labels and criticality of the jobs")
        for job in matched:
            if job.criticality == "critical":
                what = f"pauseJobs matches the critical job {job.name}, which it will leave alone"
                notes.add(mark, "W502", what, "narrow matchLabels, or lower the job's criticality")


def _pauses(policy: BudgetPolicy) -> Iterator[tuple[int, int, PauseJobs]]:
    for rule_index, rule in enumerate(policy.rules):
        for action_index, action in enumerate(rule.do):
            if isinstance(action, PauseJobs):
                yield rule_index, action_index, action


def _tier_names(draft: Draft[BudgetPolicy], slos: list[SloView], notes: Notebook) -> None:
    known = {"any", *(severity.value for severity in Severity)}
    for slo in slos:
        if slo.alerting is None:
            return
        known |= {tier.name for tier in slo.alerting.tiers}
    for index, rule in enumerate(draft.value.rules):
        for key, condition in (("when", rule.when), ("release", rule.release)):
            for name in sorted(tiers_named(condition) - known):
                mark = draft.document.spec.at("rules", index, key, "burning")
                what = f"no selected SLO has a tier or severity {name}"
                notes.add(mark, "E302", what, nearest(name, known))
