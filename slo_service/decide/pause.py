"""`pauseJobs`: which jobs a rule claims, what stands against it, and when a claim ends by itself."""

from __future__ import annotations

from slo_service.decide.condition import blind, holds
from slo_service.decide.draft import Case, Draft
from slo_service.decide.postponed import only_observes
from slo_service.decide.reason import condition_sentence, lacking_witnesses, witness_sentence
from slo_service.decide.witness import independent
from slo_service.domain.event import Decision, Hold, RuleEpisode, Verdict, Witness, short_id
from slo_service.domain.instant import HOUR, format_duration
from slo_service.domain.pipeline import Job
from slo_service.domain.policy import Mode, PauseJobs

MAX_PAUSE_NS = 4 * HOUR  # the longest an episode holds a job, also when nothing is measured any more
CRITICAL = "critical"


def claim(draft: Draft, case: Case, episode: RuleEpisode) -> None:
    """Claims every job the rule asks for that is not claimed yet, and lets go of what it asks for no longer."""
    jobs = jobs_meant(draft, case)
    asked = {target_of(job) for job in jobs if job.criticality != CRITICAL and case.policy.mode is Mode.ENFORCE}
    for hold in draft.held_by(episode.id):
        if hold.target not in asked:
            draft.release(hold, episode, case.slo.pipeline, "released: the definitions no longer ask for it")
    if jobs and holds(case.rule.when, case.status, draft.now_ns) is True:
        found = independent(draft.witnesses.get(case.slo.pipeline, ()))
        for job in jobs:
            _decide_on(draft, case, episode, job, found)


def expire(draft: Draft, max_pause_ns: int) -> None:
    """No job is held longer than this by one episode, blind or not."""
    episodes = {e.id: e for e in (*draft.memory.rule_episodes, *draft.episodes)}
    for hold in draft.live_holds():
        longest_ns = longest_pause_ns(draft, hold, max_pause_ns)
        if draft.now_ns - hold.placed_ns >= longest_ns and (episode := episodes.get(hold.episode)) is not None:
            pipeline = next((d.pipeline for d in draft.decided(episode.id)), "")
            longest = format_duration(longest_ns)
            draft.release(hold, episode, pipeline, f"released: {longest} is the longest a job is held by one episode")


def longest_pause_ns(draft: Draft, hold: Hold, max_pause_ns: int) -> int:
    """What the job declares, else the engine's own limit."""
    job = draft.catalogue.jobs.get(hold.target.partition(":")[2])
    return max_pause_ns if job is None or job.max_pause_ns is None else job.max_pause_ns


def jobs_meant(draft: Draft, case: Case) -> tuple[Job, ...]:
    """Jobs of the SLO's pipeline that any `pauseJobs` of the rule selects; `criticality` is matched like a label."""
    selectors = [action.selector for action in case.rule.do if isinstance(action, PauseJobs)]
    jobs = draft.catalogue.jobs_of(case.slo.pipeline)
    return tuple(
        job for job in jobs if any(s.matches({**job.labels, "criticality": job.criticality}) for s in selectors)
    )


def target_of(job: Job) -> str:
    return f"job:{job.name}"


def _decide_on(draft: Draft, case: Case, episode: RuleEpisode, job: Job, found: tuple[Witness, ...]) -> None:
    target = target_of(job)
    obstacle = _obstacle(draft, case, job, found)
    if obstacle is not None:
        verdict, reason = Verdict.WITHHELD, f"not paused: {obstacle}"
    else:
        verdict = Verdict.ACT if case.policy.mode is Mode.ENFORCE else Verdict.OBSERVED
        would = "" if verdict is Verdict.ACT else f"{only_observes(case.policy)}; it would have paused: "
        shown = condition_sentence(case.rule.when, case.status, draft.now_ns)
        reason = f"{would}{shown}. {witness_sentence(found, case.rule.witnesses)}"
    acted = short_id("d", episode.id, "pauseJobs", target, Verdict.ACT)
    decision = short_id("d", episode.id, "pauseJobs", target, verdict)
    if draft.knows(acted) or draft.knows(decision):
        return
    draft.decisions[decision] = Decision(
        id=decision,
        at_ns=draft.now_ns,
        policy=case.policy.name,
        rule=case.rule.name,
        slo=case.slo.name,
        pipeline=case.slo.pipeline,
        episode=episode.id,
        transition=draft.causes.get(case.key) or draft.transition_of(episode.id),
        action="pauseJobs",
        target=target,
        verdict=verdict,
        reason=reason,
        witnesses=found,
    )
    if verdict is Verdict.ACT:
        draft.place(Hold(short_id("h", episode.id, target), episode.id, target, decision, draft.now_ns))


def _obstacle(draft: Draft, case: Case, job: Job, found: tuple[Witness, ...]) -> str | None:
    """What speaks against touching production now, in words; None when nothing does."""
    if job.criticality == CRITICAL:
        return "it is critical, and critical jobs are never paused"
    if blind(case.status):
        return "nothing is measured now, and no action rests on data we do not have"
    if holds(case.rule.when, case.status, draft.now_ns, surely=True) is not True:
        shown = condition_sentence(case.rule.when, case.status, draft.now_ns)
        return f"the interval does not exclude that the condition is false: {shown}"
    if case.rule.witnesses > 1 and len(found) < case.rule.witnesses:
        return lacking_witnesses(found, draft.witnesses.get(case.slo.pipeline, ()), case.rule.witnesses)
    return None
