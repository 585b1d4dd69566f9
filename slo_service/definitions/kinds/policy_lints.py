"""What can be said against a policy once the SLOs and jobs it is about are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from slo_service.definitions.document import Draft
from slo_service.definitions.kinds.job_lints import reach
from slo_service.definitions.kinds.kind import Linked, SloView
from slo_service.definitions.kinds.logic import impossible, tiers_named
from slo_service.definitions.kinds.selector import selects_nothing
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.scalar import nearest
from slo_service.domain.indicator import Freshness, Lag, Method
from slo_service.domain.pipeline import Job, Pipeline
from slo_service.domain.policy import EARLY, BudgetPolicy, PauseJobs, Remediate, Rule, ScaleJob, Throttle
from slo_service.domain.signals import PARTITION
from slo_service.domain.slo import Severity

OnJobs = PauseJobs | ScaleJob | Throttle
_KEYS: Mapping[type[object], str] = {PauseJobs: "pauseJobs", ScaleJob: "scaleJob", Throttle: "throttle"}
_METHODS = (Method.CANARY, Method.LAG)  # those that give a witness


@dataclass(frozen=True, slots=True)
class _World:
    """What all policies are held against, gathered once."""

    linked: Linked
    jobs: Mapping[str, Sequence[Job]]  # by pipeline
    jobs_known: bool
    methods: Mapping[str, frozenset[Method]]  # by pipeline
    rules: frozenset[str]


def check(linked: Linked, notes: Notebook) -> None:
    world = _world(linked)
    for draft in linked.drafts.every(BudgetPolicy):
        if not draft.broken:
            _releases(draft, notes)
            _exclusions(draft, world, notes)
            _quiet_pages(draft, notes)
            if not linked.unread:
                _selection(draft, world, notes)


def _world(linked: Linked) -> _World:
    jobs: dict[str, list[Job]] = {}
    for job in linked.drafts.every(Job):
        jobs.setdefault(job.value.pipeline or "", []).append(job.value)
    rules: set[str] = set()
    for draft in linked.drafts.every(BudgetPolicy):
        names = {rule.name for rule in draft.value.rules}
        rules |= names | {f"{draft.document.name}/{name}" for name in names}
    known = not any(job.broken for job in linked.drafts.every(Job))
    return _World(linked, jobs, known, _methods(linked), frozenset(rules))


def _methods(linked: Linked) -> dict[str, frozenset[Method]]:
    """How the trouble of each pipeline can be told: by canaries where an objective looks at them, and by the lag of a
    consumer group where an objective says how much is too much."""
    found: dict[str, set[Method]] = {}
    pipelines = linked.drafts.sound(Pipeline)
    for slo in linked.measured.values():
        methods = found.setdefault(slo.pipeline, set())
        indicator = slo.indicator
        if getattr(indicator, "method", None) is Method.CANARY:
            methods.add(Method.CANARY)
        if isinstance(indicator, Freshness | Lag) and slo.pipeline in pipelines and pipelines[slo.pipeline].groups():
            methods.add(Method.LAG)
    return {name: frozenset(methods) for name, methods in found.items()}


def _releases(draft: Draft[BudgetPolicy], notes: Notebook) -> None:
    for index, rule in enumerate(draft.value.rules):
        if impossible(rule.release):
            mark = draft.document.spec.at("rules", index, "release")
            what = f"the release of the rule {rule.name} can never happen"
            notes.add(mark, "E407", what, "write one that can, such as release: {quietFor: 15m}")


def _exclusions(draft: Draft[BudgetPolicy], world: _World, notes: Notebook) -> None:
    places: list[tuple[tuple[str | int, ...], tuple[str, ...]]] = [(("guards",), draft.value.guards.excludes)]
    places += [(("rules", i, "guards"), rule.guards.excludes) for i, rule in enumerate(draft.value.rules)]
    for path, names in places:
        for index, name in enumerate(names):
            if name not in world.rules and not world.linked.unread:
                mark = draft.document.spec.at(*path, "excludes", index)
                notes.add(mark, "E302", f"there is no rule {name}", nearest(name, world.rules))


def _quiet_pages(draft: Draft[BudgetPolicy], notes: Notebook) -> None:
    quiet = draft.value.quiet_hours
    if quiet and "page" in quiet.severities:
        what = f"the quiet hours of {draft.document.name} keep back pages"
        mark = draft.document.spec.at("quietHours", "severities")
        notes.add(mark, "W519", what, "let only tickets wait: severities: [ticket]")


def _selection(draft: Draft[BudgetPolicy], world: _World, notes: Notebook) -> None:
    policy = draft.value
    slos = world.linked.selected(policy.selector)
    if not slos:
        selects_nothing(draft.document, policy.selector, "policy", world.linked, notes)
        return
    _tier_names(draft, slos, notes)
    pipelines = {slo.pipeline for slo in slos if slo.pipeline}
    if all(slo.pipeline is not None for slo in slos):
        if world.jobs_known:
            _on_jobs(draft, pipelines, world, notes)
        if all(slo.name in world.linked.measured or not slo.pipeline for slo in slos):
            _witnesses(draft, pipelines, world, notes)


def _on_jobs(draft: Draft[BudgetPolicy], pipelines: set[str], world: _World, notes: Notebook) -> None:
    jobs = [job for name in sorted(pipelines) for job in world.jobs.get(name, ())]
    for rule, index, action in _actions(draft.value):
        key = _KEYS[type(action)]
        mark = draft.document.spec.at("rules", rule, "do", index, key, "matchLabels")
        matched = [job for job in jobs if action.selector.matches(job.labels)]
        if not matched:
            what = f"{key} matches no job of {', '.join(sorted(pipelines)) or 'any pipeline'}"
            notes.add(mark, "E405", what, "compare its matchLabels with the labels and criticality of the jobs")
        for job in matched:
            reach(key, job, mark, notes)


def _actions(policy: BudgetPolicy) -> Iterator[tuple[int, int, OnJobs]]:
    for rule_index, rule in enumerate(policy.rules):
        for action_index, action in enumerate(rule.do):
            if isinstance(action, OnJobs):
                yield rule_index, action_index, action


def _witnesses(draft: Draft[BudgetPolicy], pipelines: set[str], world: _World, notes: Notebook) -> None:
    """A rule that wants more witnesses than a pipeline has ways of seeing never acts there."""
    for index, rule in enumerate(draft.value.rules):
        if not _touches_production(rule):
            continue
        poor = sorted(name for name in pipelines if len(world.methods.get(name, ())) < rule.witnesses > 1)
        if poor:
            ways = world.methods.get(poor[0], frozenset())
            seen = " and ".join(method for method in _METHODS if method in ways) or "nothing"
            written = draft.document.spec.child("rules").items()[index].child("witnesses")
            mark = draft.document.spec.at("rules", index, "witnesses" if written else "name")
            what = (
                f"the rule {rule.name} wants {rule.witnesses} witnesses, and {', '.join(poor)} is seen by {seen} alone"
            )
            remedy = "add an SLO on a consumer group's lag or on a canary"
            if rule.witnesses > len(_METHODS):
                remedy = f"there are {len(_METHODS)} ways of seeing"
            notes.add(mark, "W521", what, f"{remedy}, or write witnesses: {max(1, len(ways))}")


def _touches_production(rule: Rule) -> bool:
    return any(isinstance(action, OnJobs | Remediate) for action in rule.do)


def _tier_names(draft: Draft[BudgetPolicy], slos: Sequence[SloView], notes: Notebook) -> None:
    known = {"any", EARLY, PARTITION, *(severity.value for severity in Severity)}
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
