"""`notify`: messages when a rule enters and when it leaves, with all that their templates may say."""

from __future__ import annotations

from collections.abc import Mapping

from slo_service.decide.condition import firing_measured, of_events
from slo_service.decide.draft import Case, Draft
from slo_service.decide.pause import jobs_meant, longest_pause_ns
from slo_service.decide.postponed import only_observes
from slo_service.decide.reason import condition_sentence, signs, tier_sentence
from slo_service.domain.event import Decision, Message, RuleEpisode, Verdict, short_id
from slo_service.domain.indicator import Completeness, Freshness, Lag
from slo_service.domain.policy import Mode, Notify, QuietFor
from slo_service.domain.slo import Kind, Slo
from slo_service.domain.status import Status, TierState

ALL_CLEAR = "all_clear"
FALLBACK = "burning"  # its words fit any condition
WORDED = (FALLBACK, ALL_CLEAR)


def announce(draft: Draft, case: Case, episode: RuleEpisode, max_pause_ns: int) -> None:
    """A message to every contact of the rule. Messages need one witness, which is the rule's own condition."""
    for action in case.rule.do:
        if not isinstance(action, Notify):
            continue
        target = f"contact:{action.contact}"
        enforced = case.policy.mode is Mode.ENFORCE
        shown = condition_sentence(case.rule.when, case.status, draft.now_ns)
        decision = Decision(
            id=short_id("d", episode.id, "notify", target, action.template),
            at_ns=draft.now_ns,
            policy=case.policy.name,
            rule=case.rule.name,
            slo=case.slo.name,
            pipeline=case.slo.pipeline,
            episode=episode.id,
            transition=draft.causes.get(case.key),
            action="notify",
            target=target,
            verdict=Verdict.ACT if enforced else Verdict.OBSERVED,
            reason=shown if enforced else f"{only_observes(case.policy)}; it would have told: {shown}",
        )
        if draft.knows(decision.id):
            continue
        draft.decisions[decision.id] = decision
        if enforced:
            facts = _burning(draft, case, episode, max_pause_ns)
            subject = f"{facts['headline']}: {facts['slo_title']}"
            template = action.template if action.template in WORDED else FALLBACK
            draft.messages.append(_message(draft, decision, action.contact, template, subject, facts))


def announce_end(draft: Draft, case: Case | None, episode: RuleEpisode, *, recovered: bool) -> None:
    """One message to everyone who was told of the episode. Redefined is not recovered, and the words say so."""
    for told in list(draft.decided(episode.id)):
        if told.action != "notify" or told.verdict is not Verdict.ACT:
            continue
        contact = told.target.partition(":")[2]
        if recovered and case is not None:
            reason = f"released: {condition_sentence(case.rule.release, case.status, draft.now_ns)}"
        else:
            reason = "the definitions no longer ask for it; the episode was closed without a verdict"
        decision = Decision(
            id=short_id("d", episode.id, "notify", told.target, ALL_CLEAR),
            at_ns=draft.now_ns,
            policy=episode.policy,
            rule=episode.rule,
            slo=episode.slo,
            pipeline=told.pipeline,
            episode=episode.id,
            transition=told.transition,
            action="notify",
            target=told.target,
            verdict=Verdict.UNDO,
            reason=reason,
        )
        if draft.knows(decision.id) or contact not in draft.catalogue.contacts:
            continue
        draft.decisions[decision.id] = decision
        facts = _end(draft, case if recovered else None, episode, told.pipeline)
        ending = "Recovered" if facts["recovered"] else "Closed, definition changed"
        subject = f"{ending}: {facts['slo_title']}"
        draft.messages.append(_message(draft, decision, contact, ALL_CLEAR, subject, facts))


def _message(
    draft: Draft, decision: Decision, contact: str, template: str, subject: str, facts: Mapping[str, object]
) -> Message:
    body = {**facts, "decision": decision.id}
    return Message(short_id("m", decision.id), decision.id, contact, template, subject, body, draft.now_ns)


def _burning(draft: Draft, case: Case, episode: RuleEpisode, max_pause_ns: int) -> dict[str, object]:
    status, mine = case.status, [d for d in draft.decided(episode.id) if d.action == "pauseJobs"]
    firing = firing_measured("any", status)
    told = signs(case.rule.when, status)
    back = [hold.placed_ns + longest_pause_ns(draft, hold, max_pause_ns) for hold in draft.held_by(episode.id)]
    named = {d.target: [w.says for w in d.witnesses] for d in mine if d.verdict is Verdict.ACT}
    return {
        **_scope(case.slo),
        **_who(episode),
        "created_ns": draft.now_ns,
        "since_ns": _since(case, episode, firing),
        "headline": _headline(firing, told),
        "objective": float(case.slo.objective.target),
        "window_ns": case.slo.window_ns,
        "lately": _reading(_worst(firing)) if firing else None,
        "tiers": [tier_sentence(t) for t in firing],
        "signs": [tier_sentence(t) for t in told],
        "budget": _budget(case.slo, status),
        "condition": condition_sentence(case.rule.when, status, draft.now_ns),
        "candidates": len(jobs_meant(draft, case)),
        "paused": _names(mine, Verdict.ACT),
        "observed": _names(mine, Verdict.OBSERVED),
        "withheld": [{"job": _name(d), "why": d.reason} for d in mine if d.verdict is Verdict.WITHHELD],
        "witnesses": next(iter(named.values()), []),
        "back_by_ns": max(back, default=None),
        "quiet_ns": case.rule.release.for_ns if isinstance(case.rule.release, QuietFor) else None,
    }


def _end(draft: Draft, case: Case | None, episode: RuleEpisode, pipeline: str) -> dict[str, object]:
    slo = draft.catalogue.slos.get(episode.slo)
    held = {hold.target for hold in draft.live_holds()}
    resumed = [d for d in draft.decisions.values() if d.episode == episode.id and d.action == "resumeJobs"]
    burned = [t.last_burned_ns for t in of_events(case.status) if t.last_burned_ns is not None] if case else []
    scope = _scope(slo) if slo else {"slo": episode.slo, "slo_title": episode.slo, "pipeline": pipeline, "kind": ""}
    return {
        **scope,
        **_who(episode),
        "created_ns": draft.now_ns,
        "recovered": case is not None,
        "told_ns": episode.entered_ns,
        "fresh_since_ns": max(burned, default=None),
        "budget": _budget(slo, case.status) if slo and case else None,
        "window_ns": slo.window_ns if slo else None,
        "resumed": [_name(d) for d in resumed if d.target not in held],
        "still_paused": [_name(d) for d in resumed if d.target in held],
    }


def _scope(slo: Slo) -> dict[str, object]:
    """What is affected, in the words of the definition; the templates make sentences of it."""
    indicator = slo.indicator
    place = getattr(indicator, "at", "") or getattr(indicator, "stage", "")
    threshold = indicator.by_ns if isinstance(indicator, Completeness) else None
    if isinstance(indicator, Freshness | Lag):
        threshold = indicator.within_ns
    return {
        "slo": slo.name,
        "slo_title": slo.display_name or slo.name,
        "service": slo.service,
        "pipeline": slo.pipeline,
        "kind": indicator.kind,
        "place": place,
        "threshold_ns": threshold,
        "runbook_url": slo.runbook_url,
    }


def _who(episode: RuleEpisode) -> dict[str, object]:
    return {"policy": episode.policy, "rule": episode.rule, "episode": episode.id}


def _since(case: Case, episode: RuleEpisode, firing: tuple[TierState, ...]) -> int:
    """The first bad slice, not the page; where it is not known, the page, else the rule's own entry."""
    if case.status.first_bad_ns is not None:
        return case.status.first_bad_ns
    return min((t.since_ns for t in firing), default=episode.entered_event_ns)


def _headline(firing: tuple[TierState, ...], told: tuple[TierState, ...]) -> str:
    """The worst that is told, in two words."""
    if firing:
        return "Burning"
    kinds = {state.tier.kind for state in told}
    if Kind.EARLY in kinds:
        return "Early warning"
    return "No data" if kinds else "Budget policy"


def _worst(firing: tuple[TierState, ...]) -> TierState:
    return max(firing, key=lambda t: t.strain)


def _reading(state: TierState) -> dict[str, object]:
    tally = state.short.tally
    ratio = tally.ratio_bad
    return {
        "length_ns": state.short.length_ns,
        "bad": tally.bad,
        "total": tally.total,
        "share": None if ratio is None else float(ratio),
        "coverage": float(state.short.coverage),
    }


def _budget(slo: Slo, status: Status) -> dict[str, object]:
    budget = status.budget
    return {
        "remaining": None if budget.remaining is None else float(budget.remaining),
        "minutes": budget.minutes(slo.window_ns, slo.objective.budget),
        "provisional": budget.provisional,
        "bad": budget.reading.tally.bad,
        "total": budget.reading.tally.total,
        "coverage": float(budget.reading.coverage),
    }


def _names(decisions: list[Decision], verdict: Verdict) -> list[str]:
    return [_name(d) for d in decisions if d.verdict is verdict]


def _name(decision: Decision) -> str:
    return decision.target.partition(":")[2]
