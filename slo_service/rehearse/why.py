"""Sentences with the numbers behind a state, a tier, a budget, a job or a message."""

from __future__ import annotations

from collections.abc import Iterator

from slo_service.decide.condition import holds
from slo_service.decide.reason import condition_sentence, number, percent, tier_sentence
from slo_service.domain.event import Decision
from slo_service.domain.instant import SECOND, format_duration, rfc3339
from slo_service.domain.pipeline import Job
from slo_service.domain.policy import All, BudgetPolicy, Condition, Mode, Notify, PauseJobs, Rule
from slo_service.domain.slo import Slo
from slo_service.domain.status import Status, TierState
from slo_service.rehearse.run import Seen


def tier_says(tier: TierState) -> str:
    """Both windows against the factor, and what keeps it firing when it does not burn any more."""
    said = tier_sentence(tier)
    if tier.firing and tier.burning is False:
        said += f"; no longer burning, quiet for {_whole(tier.quiet_ns)}"
    if tier.waits:
        said += (
            f"; burns for {_whole(tier.burned_ns)} of the {format_duration(tier.tier.after_ns)} after which it fires"
        )
    return said


def state_says(slo: Slo, status: Status) -> Iterator[str]:
    if status.watermark_ns is None:
        yield "nothing was measured yet"
        return
    yield from (tier_says(tier) for tier in status.tiers)
    yield from budget_says(slo, status)
    looked = "never" if status.progress_ns is None else rfc3339(status.progress_ns)
    yield f"judged up to {rfc3339(status.watermark_ns)}, last looked at {looked}, {status.state} since " + (
        rfc3339(status.since_ns)
    )


def budget_says(slo: Slo, status: Status) -> Iterator[str]:
    budget, reading = status.budget, status.budget.reading
    if budget.remaining is None:
        yield f"budget of {format_duration(slo.window_ns)}: nothing was measured or expected"
        return
    tally = reading.tally
    provisional = "; provisional, so that no action rests on it" if budget.provisional else ""
    yield (
        f"budget of {format_duration(slo.window_ns)}: {percent(budget.remaining)} left, {tally.bad} of {tally.total} "
        f"bad, {number(budget.allowed_events)} allowed, coverage {percent(reading.coverage)}{provisional}"
    )


def decision_says(target: str, slo: str, seen: Seen) -> Iterator[str]:
    """The decisions about the target and the SLO, oldest first; without any, why there is none."""
    made = [d for d in seen.decisions if d.target == target and d.slo == slo]
    yield from (_decision(decision) for decision in made)
    if not made:
        kind, _, name = target.partition(":")
        yield from job_says(name, slo, seen) if kind == "job" else message_says(name, slo, seen)


def job_says(job: str, slo: str, seen: Seen) -> Iterator[str]:
    """The newest decisions about the job; without any, which rule did not ask for it to be paused, and why."""
    target = f"job:{job}"
    made = [d for d in seen.decisions if d.target == target]
    yield from (_decision(decision) for decision in made[-3:])
    if made:
        return
    declared = seen.catalogue.jobs[job]
    asking = [(p, rule) for p, rule in _rules(seen) if _pauses(rule, declared)]
    if not asking:
        yield f"no rule has a pauseJobs that selects {job}"
    for policy, rule in asking:
        yield from _not_entered(policy, rule, slo, seen, declared)


def message_says(contact: str, slo: str, seen: Seen) -> Iterator[str]:
    """The decisions to tell this contact about the SLO; without any, which rule did not ask for it, and why."""
    target = f"contact:{contact}"
    made = [d for d in seen.decisions if d.target == target and d.slo == slo]
    yield from (_decision(decision) for decision in made)
    if made:
        return
    asking = [(p, r) for p, r in _rules(seen) if any(isinstance(a, Notify) and a.contact == contact for a in r.do)]
    if not asking:
        yield f"no rule notifies {contact}"
    for policy, rule in asking:
        yield from _not_entered(policy, rule, slo, seen, None)


def _decision(decision: Decision) -> str:
    return f"{rfc3339(decision.at_ns)} {decision.verdict} by {decision.policy}/{decision.rule}: {decision.reason}"


def _rules(seen: Seen) -> Iterator[tuple[BudgetPolicy, Rule]]:
    return ((policy, rule) for policy in seen.catalogue.policies.values() for rule in policy.rules)


def _pauses(rule: Rule, job: Job) -> bool:
    labels = {**job.labels, "criticality": job.criticality}
    return any(isinstance(action, PauseJobs) and action.selector.matches(labels) for action in rule.do)


def _not_entered(policy: BudgetPolicy, rule: Rule, slo: str, seen: Seen, job: Job | None) -> Iterator[str]:
    name = f"{policy.name}/{rule.name}"
    declared, status = seen.catalogue.slos[slo], seen.statuses[slo]
    if not policy.selector.matches(declared.labels, slo):
        wanted = ", ".join(f"{key}: {value}" for key, value in policy.selector.match_labels.items())
        yield f"{name} does not select {slo}: it asks for {wanted}"
        return
    if job is not None and job.pipeline != declared.pipeline:
        yield f"{name} reaches jobs of the pipeline {declared.pipeline}, and {job.name} is of {job.pipeline}"
        return
    waiting = next((p for p in seen.memory.pending if (p.policy, p.rule, p.slo) == (*name.split("/"), slo)), None)
    if waiting is not None:
        yield f"{name} waits: its condition has held for {_whole(waiting.held_ns)} of {format_duration(rule.for_ns)}"
    for part in _lacking(rule.when, status, seen.now_ns):
        yield f"{name} was not entered, its condition does not hold: {condition_sentence(part, status, seen.now_ns)}"
    if any((e.policy, e.rule, e.slo) == (policy.name, rule.name, slo) for e in seen.memory.rule_episodes):
        mode = " and only observes" if policy.mode is not Mode.ENFORCE else ""
        yield f"{name} is active{mode}"


def _lacking(condition: Condition, status: Status, now_ns: int) -> Iterator[Condition]:
    """The parts that keep it from holding."""
    if holds(condition, status, now_ns) is True:
        return
    if isinstance(condition, All):
        for part in condition.of:
            yield from _lacking(part, status, now_ns)
    else:
        yield condition


def _whole(duration_ns: int) -> str:
    return format_duration(duration_ns // SECOND * SECOND)
