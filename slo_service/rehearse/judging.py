"""What was expected against what is seen, and where they differ, why it is as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from slo_service.decide.reason import number, percent, window
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Wanted
from slo_service.domain.instant import format_duration
from slo_service.domain.status import TierState
from slo_service.rehearse.case import (
    BudgetIs,
    BurnIs,
    Case,
    Claim,
    Decided,
    Expectation,
    JobIs,
    SeverityIs,
    Standing,
    StateIs,
    TierIs,
    Told,
)
from slo_service.rehearse.run import Rehearsal, Seen
from slo_service.rehearse.why import (
    budget_says,
    decision_says,
    job_says,
    message_says,
    state_says,
    tier_says,
)


@dataclass(frozen=True, slots=True)
class Miss:
    """A claim that did not hold, first at `at_ns` after the start of the case. `because` are sentences with numbers."""

    claim: Claim
    slo: str
    at_ns: int
    what: str
    expected: str
    got: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    case: Case
    claims: int
    misses: tuple[Miss, ...]
    ticks: int


def run_case(case: Case, catalogue: Catalogue) -> Outcome:
    """Runs the case to its end; a claim that must hold for a while is missed once, at the first tick it fails at."""
    rehearsal = Rehearsal(case, catalogue)
    misses: dict[tuple[int, int], Miss] = {}
    for seen in rehearsal.run():
        offset = seen.now_ns - case.start_ns
        for nth, expectation in enumerate(case.expect):
            if not expectation.since_ns <= offset <= expectation.until_ns:
                continue
            for each, claim in enumerate(expectation.claims):
                if (nth, each) not in misses and (miss := _miss(expectation, claim, seen, offset)):
                    misses[nth, each] = miss
    claims = sum(len(expectation.claims) for expectation in case.expect)
    found = sorted(misses.values(), key=lambda miss: (miss.claim.mark, miss.what))
    return Outcome(case, claims, tuple(found), rehearsal.ticks)


def _miss(expectation: Expectation, claim: Claim, seen: Seen, offset_ns: int) -> Miss | None:
    status = seen.statuses[expectation.slo]
    slo = seen.catalogue.slos[expectation.slo]

    def miss(what: str, expected: str, got: str, because: Iterator[str]) -> Miss:
        return Miss(claim, expectation.slo, offset_ns, what, expected, got, tuple(because))

    match claim:
        case StateIs(state=state):
            return None if status.state is state else miss("state", state, status.state, state_says(slo, status))
        case SeverityIs(severity=severity, standing=wanted):
            tiers = [tier for tier in status.tiers if tier.tier.severity is severity]
            got = _standing_of(tiers)
            return None if wanted in got else miss(severity, wanted, _words(got), (tier_says(t) for t in tiers))
        case TierIs(tier=name, standing=wanted):
            tiers = [tier for tier in status.tiers if tier.tier.name == name]
            got = _standing_of(tiers)
            return None if wanted in got else miss(f"tier {name}", wanted, _words(got), (tier_says(t) for t in tiers))
        case BudgetIs(amount=amount):
            left = status.budget.remaining
            if left is not None and amount.meets(left):
                return None
            shown = "unknown" if left is None else percent(left)
            return miss("budgetRemaining", amount.written, shown, budget_says(slo, status))
        case BurnIs(window_ns=length, amount=amount):
            reading = status.readings[length]
            if reading.burn is not None and amount.meets(reading.burn):
                return None
            shown = "unknown" if reading.burn is None else number(reading.burn)
            return miss(f"burnRate {format_duration(length)}", amount.written, shown, iter([f"burn {window(reading)}"]))
        case JobIs(job=job, wanted=wanted_state):
            is_ = _wanted(seen, job)
            return (
                None
                if is_ is wanted_state
                else miss(f"job {job}", wanted_state, is_, job_says(job, expectation.slo, seen))
            )
        case Told() | Decided():
            return _action_miss(expectation, claim, seen, offset_ns)
    assert_never(claim)


def _action_miss(expectation: Expectation, claim: Told | Decided, seen: Seen, offset_ns: int) -> Miss | None:
    slo = expectation.slo
    if isinstance(claim, Told):
        of = {decision.id for decision in seen.decisions if decision.slo == slo}
        told = tuple(m.template for m in seen.messages if m.contact == claim.contact and m.decision in of)
        if told == claim.templates:
            return None
        expected, got = _list(claim.templates), _list(told)
        because = tuple(message_says(claim.contact, slo, seen))
        return Miss(claim, slo, offset_ns, f"told {claim.contact}", expected, got, because)
    made = [d for d in seen.decisions if d.target == claim.target and d.slo == slo]
    fitting = [d for d in made if d.verdict is claim.verdict]
    if any(claim.because in decision.reason for decision in fitting):
        return None
    expected = claim.verdict + (f" because {claim.because!r}" if claim.because else "")
    got = ", ".join(dict.fromkeys(d.verdict for d in made)) or "no decision"
    if fitting:
        got += ", for another reason"
    because = tuple(decision_says(claim.target, slo, seen))
    return Miss(claim, slo, offset_ns, f"decision on {claim.target}", expected, got, because)


def _standing_of(tiers: Sequence[TierState]) -> tuple[Standing, ...]:
    """A severity fires when one of its tiers does, and is frozen when none of them can be decided."""
    if not tiers:
        return (Standing.FROZEN,)
    firing = Standing.FIRING if any(tier.firing for tier in tiers) else Standing.QUIET
    frozen = all(tier.frozen_since_ns is not None for tier in tiers)
    return (firing, Standing.FROZEN) if frozen else (firing,)


def _words(standings: Sequence[Standing]) -> str:
    return " and ".join(standings)


def _list(templates: Sequence[str]) -> str:
    return f"[{', '.join(templates)}]"


def _wanted(seen: Seen, job: str) -> Wanted:
    target = f"job:{job}"
    return next((state.wanted for state in seen.memory.wanted if state.target == target), Wanted.RUNNING)
