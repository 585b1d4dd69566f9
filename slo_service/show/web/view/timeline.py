"""What happened, newest first: transitions, decisions and deliveries as sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slo_service.domain.event import Change, Decision, Delivery, Transition, Verdict
from slo_service.domain.slo import Kind
from slo_service.show.ports import Chain
from slo_service.show.web import words
from slo_service.show.web.view.marks import Mark

MOST = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """`order` breaks ties of one instant: later in the chain stands higher."""

    at_ns: int
    order: int
    mark: Mark
    text: str
    sub: str
    decision: str | None = None


_CHANGES = {
    Change.FIRED: "fired",
    Change.CLEARED: "went quiet",
    Change.FROZE: "froze for lack of data",
    Change.THAWED: "can be decided again",
    Change.SUPERSEDED: "ended: the measurement was redefined",
}
_VERDICTS = {
    Verdict.ACT: "Decision",
    Verdict.OBSERVED: "Would have decided (observe mode)",
    Verdict.WITHHELD: "Withheld",
    Verdict.UNDO: "Undo",
}
_ACTIONS = {"pauseJobs": "pause", "resumeJobs": "resume", "notify": "tell"}


def windows_of(transition: Transition) -> str:
    tier = transition.tier.tier
    return f"{words.window(tier.long_ns)} / {words.window(tier.short_ns)}"


def named(transition: Transition) -> str:
    """`page 1 h / 5 min`, `page, partition orders-canary/3`, `ticket, silent collector`."""
    severity, tier = transition.severity, transition.tier.tier
    match tier.kind:
        case Kind.BURN:
            return f"{severity} {windows_of(transition)}"
        case Kind.PARTITION:
            parts = words.listing(list(transition.tier.sources)) or "one alone"
            return f"{severity}, {'partitions' if len(transition.tier.sources) > 1 else 'partition'} {parts}"
        case Kind.EARLY:
            return "early detector"
        case Kind.NO_DATA:
            return f"{severity}, silent collector"
        case Kind.COVERAGE:
            return f"{severity}, coverage of {words.window(tier.long_ns)}"


def _of_transition(transition: Transition) -> Entry:
    match transition.change:
        case Change.FIRED:
            mark = Mark("red" if transition.severity == "page" else "amb", "")
        case Change.FROZE | Change.SUPERSEDED:
            mark = Mark("grey", "")
        case _:
            mark = Mark("ok", "")
    return Entry(
        transition.event_ns,
        0,
        mark,
        f"{named(transition)} {_changed(transition)}" + (", found afterwards" if transition.reconstructed else ""),
        reading_words(transition),
    )


def _changed(transition: Transition) -> str:
    """A tier whose short window was measured lacks time rather than data."""
    if transition.change is Change.FROZE and transition.tier.short.tally.total:
        return "cannot be decided yet"
    return _CHANGES[transition.change]


def reading_words(transition: Transition) -> str:
    """`1 h 13.9× (28 bad of 2,160), 5 min 157×; coverage 100 %`."""
    tier = transition.tier
    if tier.tier.kind is Kind.NO_DATA:
        return f"after {words.duration(tier.tier.long_ns)} without a word"
    if tier.tier.kind is Kind.COVERAGE:
        return f"{words.coverage(tier.long.coverage)} of {words.window(tier.long.length_ns)} was measured"
    said = []
    for reading in {each.length_ns: each for each in (tier.long, tier.short)}.values():
        burn = "not measured" if reading.burn is None else words.times(reading.burn)
        counts = f"{reading.tally.bad:,} bad of {reading.tally.total:,}"
        said.append(f"{words.window(reading.length_ns)} {burn} ({counts})")
    return f"{', '.join(said)}; coverage {words.coverage(tier.long.coverage)}"


def asked(decision: Decision) -> str:
    """`pause orders-export`."""
    return f"{_ACTIONS.get(decision.action, decision.action)} {decision.target.partition(':')[2] or decision.target}"


def _of_decision(decision: Decision) -> Entry:
    pauses = decision.action == "pauseJobs" and decision.verdict is Verdict.ACT
    return Entry(
        decision.at_ns,
        1,
        Mark("blue" if pauses else "act", ""),
        f"{_VERDICTS[decision.verdict]}: {asked(decision)}",
        decision.reason,
        decision.id,
    )


def of_delivery(delivery: Delivery, decision: Decision) -> Entry:
    what = decision.target.partition(":")[2] or decision.target
    if delivery.ok:
        text = f"Delivered to {what}" if decision.action == "notify" else f"Done: {asked(decision)}"
    else:
        text = f"{'Gave up on' if delivery.final else 'Failed, will retry:'} {what}"
    attempt = "at the first attempt" if delivery.attempt <= 1 else f"at attempt {delivery.attempt}"
    sub = f"by {delivery.by} {attempt}" + (f"; {delivery.detail}" if delivery.detail else "")
    icon = "msg" if decision.action == "notify" else "act"
    return Entry(delivery.at_ns, 2, Mark(icon if delivery.ok else "amb", ""), text, sub, decision.id)


def timeline(
    transitions: Sequence[Transition], decisions: Sequence[Decision], chains: Sequence[Chain]
) -> tuple[Entry, ...]:
    entries = [_of_transition(transition) for transition in transitions]
    entries += [_of_decision(decision) for decision in decisions]
    entries += [of_delivery(delivery, chain.decision) for chain in chains for delivery in chain.deliveries]
    return tuple(sorted(entries, key=lambda entry: (entry.at_ns, entry.order), reverse=True)[:MOST])
