"""Actions and modes that are declared and not carried out yet: never left out silently, but withheld with a reason."""

from __future__ import annotations

from slo_service.decide.draft import Case, Draft
from slo_service.decide.reason import condition_sentence
from slo_service.domain.event import Decision, RuleEpisode, Verdict, short_id
from slo_service.domain.policy import BudgetPolicy, Mode, Postponed


def withhold(draft: Draft, case: Case, episode: RuleEpisode) -> None:
    """One decision an action and episode."""
    for action in case.rule.do:
        if not isinstance(action, Postponed):
            continue
        identity = short_id("d", episode.id, action.name, action.target, Verdict.WITHHELD)
        if draft.knows(identity):
            continue
        shown = condition_sentence(case.rule.when, case.status, draft.now_ns)
        draft.decisions[identity] = Decision(
            id=identity,
            at_ns=draft.now_ns,
            policy=case.policy.name,
            rule=case.rule.name,
            slo=case.slo.name,
            pipeline=case.slo.pipeline,
            episode=episode.id,
            transition=draft.causes.get(case.key) or draft.transition_of(episode.id),
            action=action.name,
            target=action.target,
            verdict=Verdict.WITHHELD,
            reason=f"not done: this version does not carry out {action.name} yet. {shown}",
        )


def only_observes(policy: BudgetPolicy) -> str:
    """The beginning of a reason where a policy does not act."""
    if policy.mode is Mode.APPROVE:
        return "the policy asks for an approval, which cannot be given in this version, so it only observes"
    return "the policy only observes"
