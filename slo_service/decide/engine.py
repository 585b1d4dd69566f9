"""The policy engine: statuses, transitions, witnesses and what is open → what is asked for, with the reasons. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from slo_service.decide.attention import Attention
from slo_service.decide.condition import blind, holds
from slo_service.decide.draft import Case, Draft, cases
from slo_service.decide.notice import announce, announce_end
from slo_service.decide.pause import MAX_PAUSE_NS, claim, expire
from slo_service.decide.ports import Memory, Pending, Round
from slo_service.decide.postponed import withhold
from slo_service.decide.reason import condition_sentence
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Change, RuleEpisode, Transition, Witness, short_id
from slo_service.domain.status import Status

Step = Literal["entered", "stays", "recovered", "superseded"]


def decide(
    now_ns: int,
    catalogue: Catalogue,
    statuses: Mapping[str, Status],
    transitions: Sequence[Transition],
    witnesses: Mapping[str, Sequence[Witness]],
    memory: Memory,
    *,
    max_pause_ns: int = MAX_PAUSE_NS,
    attention: Attention | None = None,
) -> Round:
    """One tick. The same inputs give the same rows with the same ids. The caller adds transitions and tier states, and
    carries the round into the next tick's memory with `remember`. `witnesses` are by pipeline. With `attention` only
    the objectives are looked at of which it cannot tell that nothing would come of it; the round is the same."""
    draft = Draft(now_ns, catalogue, transitions, witnesses, memory)
    opened = {(e.policy, e.rule, e.slo): e for e in memory.rule_episodes if e.left_ns is None}
    waiting = {(p.policy, p.rule, p.slo): p for p in memory.pending}
    lived: list[tuple[Step, RuleEpisode, Case | None]] = []
    everybody = cases(catalogue, statuses)
    for key, case in everybody if attention is None else attention.cases(now_ns, catalogue, statuses, memory):
        episode, pending = opened.pop(key, None), waiting.get(key)
        if case is None:
            draft.pending += [] if pending is None else [replace(pending, judged_ns=None)]
        elif episode is not None:
            lived.append((_go_on(draft, case, episode), episode, case))
        elif (entered := _consider(draft, case, pending)) is not None:
            lived.append(("entered", entered, case))
    lived += [("superseded", episode, None) for episode in opened.values()]
    for step, episode, case in lived:
        _carry_out(draft, step, episode, case)
    expire(draft, max_pause_ns)
    draft.tell_who_still_holds()
    for step, episode, case in lived:
        if step == "entered" and case is not None:
            announce(draft, case, episode, max_pause_ns)
        elif step in ("recovered", "superseded"):
            announce_end(draft, case, episode, recovered=step == "recovered")
    if attention is not None:
        attention.settle()
    return Round(
        at_ns=now_ns,
        rule_episodes=tuple(draft.episodes),
        decisions=tuple(draft.decisions.values()),
        holds=tuple(draft.holds.values()),
        wanted=draft.wanted(),
        messages=tuple(draft.messages),
        pending=tuple(draft.pending),
    )


def remember(memory: Memory, round_: Round) -> Memory:
    """What is open after a round was recorded; equal to reading it back from the store, and `pending` besides."""
    episodes = {e.id: e for e in (*memory.rule_episodes, *round_.rule_episodes)}
    lasting = {key: e for key, e in episodes.items() if e.left_ns is None}
    held = {hold.id: hold for hold in (*memory.holds, *round_.holds)}
    wanted = {state.target: state for state in (*memory.wanted, *round_.wanted)}
    decisions = {d.id: d for d in (*memory.decisions, *round_.decisions)}
    return Memory(
        rule_episodes=tuple(lasting.values()),
        holds=tuple(hold for hold in held.values() if hold.released_ns is None),
        wanted=tuple(wanted.values()),
        decisions=tuple(d for d in decisions.values() if d.episode in lasting),
        pending=round_.pending,
    )


def _consider(draft: Draft, case: Case, pending: Pending | None) -> RuleEpisode | None:
    """The episode that the rule enters now, if its condition has held for its `for` of measured event time."""
    verdict = holds(case.rule.when, case.status, draft.now_ns)
    if verdict is False:
        return None
    if verdict is None:
        draft.pending += [] if pending is None else [replace(pending, judged_ns=None)]
        return None
    at_ns = _event_now(draft, case)
    held_ns = pending.held_ns if pending else 0
    if pending and pending.judged_ns is not None:
        held_ns += max(0, at_ns - pending.judged_ns)
    transition = (pending.transition if pending else None) or _cause(draft, case)
    if held_ns < case.rule.for_ns:
        draft.pending.append(Pending(*case.key, held_ns, at_ns, transition))
        return None
    if transition is not None:
        draft.causes[case.key] = transition
    return RuleEpisode(short_id("r", *case.key, at_ns), *case.key, entered_ns=draft.now_ns, entered_event_ns=at_ns)


def _event_now(draft: Draft, case: Case) -> int:
    """Event time runs with the watermark; while nothing is measured only conditions on that hold, by the clock."""
    watermark = case.status.watermark_ns
    return draft.now_ns if watermark is None or blind(case.status) else watermark


def _go_on(draft: Draft, case: Case, episode: RuleEpisode) -> Step:
    """A rule leaves when its release holds and its condition surely does not; one that cannot tell stays."""
    still = holds(case.rule.when, case.status, draft.now_ns)
    redefined = any(t.slo == episode.slo and t.change is Change.SUPERSEDED for t in draft.transitions)
    if redefined and still is not True:
        return "superseded"
    if still is False and holds(case.rule.release, case.status, draft.now_ns) is True:
        return "recovered"
    return "stays"


def _carry_out(draft: Draft, step: Step, episode: RuleEpisode, case: Case | None) -> None:
    if step in ("entered", "stays"):
        assert case is not None
        if step == "entered":
            draft.episodes.append(episode)
        claim(draft, case, episode)
        withhold(draft, case, episode)
        return
    draft.episodes.append(replace(episode, left_ns=draft.now_ns))
    if step == "recovered" and case is not None:
        reason = f"released: {condition_sentence(case.rule.release, case.status, draft.now_ns)}"
    else:
        reason = "released: the definitions no longer ask for it, so the episode was closed without a verdict"
    slo = draft.catalogue.slos.get(episode.slo)
    pipeline = slo.pipeline if slo else next((d.pipeline for d in draft.decided(episode.id)), "")
    for hold in draft.held_by(episode.id):
        draft.release(hold, episode, pipeline, reason)


def _cause(draft: Draft, case: Case) -> str | None:
    """The transition of this tick that set the rule off: one that opens an episode before one that does not."""
    fired = [t for t in draft.transitions if t.slo == case.slo.name and t.change is Change.FIRED]
    return min(fired, key=lambda t: (not t.opens, t.severity != "page", t.id)).id if fired else None
