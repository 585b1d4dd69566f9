"""A decision in words, in the order in which it happened: what changed, what was asked for and why, what was done."""

from __future__ import annotations

from collections.abc import Iterator

from slo_service.cli.figures import clock
from slo_service.cli.tier_story import compared
from slo_service.show.api.event_models import ChainDetail, Decision, Delivery, Transition, Wanted

Event = tuple[str, list[str]]  # when (RFC 3339, so it sorts), and what in one or more lines

_VERDICTS = {
    "act": "asked for",
    "observed": "would have asked for, but the policy only observes",
    "withheld": "withheld",
    "undo": "undone by",
}


def decision_story(chain: ChainDetail) -> Iterator[str]:
    row = chain.decision
    yield f"{row.id}: {row.action} {row.target} ({row.verdict}), for {row.slo} of pipeline {row.pipeline}"
    for at, lines in sorted(_events(chain), key=lambda event: event[0]):  # stable: cause before effect within a moment
        yield f"{clock(at)}  {lines[0]}"
        for line in lines[1:]:
            yield f"{'':>{len(clock(at))}}    {line}"


def _events(chain: ChainDetail) -> Iterator[Event]:
    if chain.transition is not None:
        yield _transition(chain.transition)
    episode = chain.rule_episode
    if episode is not None:
        yield episode.entered, [f"rule {episode.rule} of policy {episode.policy} became active (episode {episode.id})"]
    yield _decision(chain.decision)
    if chain.hold is not None:
        yield chain.hold.placed, [f"hold {chain.hold.id} placed on {chain.hold.target}"]
    if chain.message is not None:
        said = f"message {chain.message.id} to {chain.message.contact} written: {chain.message.subject}"
        yield chain.message.created, [said]
    for wanted in chain.wanted:
        yield from _wanted(wanted)
    for delivery in chain.deliveries:
        yield _delivery(delivery)
    if episode is not None and episode.left is not None:
        yield episode.left, [f"rule {episode.rule} was released"]
    for undo in chain.undo:
        yield _decision(undo)
    if chain.hold is not None and chain.hold.released is not None:
        yield chain.hold.released, [f"hold {chain.hold.id} released"]


def _transition(row: Transition) -> Event:
    first = [] if row.first_bad is None else [f"first bad event in the slice of {clock(row.first_bad)}"]
    return row.recorded_time, [
        f"{row.slo}: {row.tier} {row.change} at event time {clock(row.event_time)} ({row.id})",
        *(compared(window, row.factor) for window in (row.long, row.short)),
        *first,
    ]


def _decision(row: Decision) -> Event:
    witnesses = [f"witness {w.method}: {w.says} ({clock(w.at)})" for w in row.witnesses]
    what = f"{_VERDICTS.get(row.verdict, row.verdict)}: {row.action} {row.target} ({row.id})"
    return row.at, [what, f"because {row.reason}", *witnesses]


def _wanted(row: Wanted) -> Iterator[Event]:
    yield row.decided, [f"{row.target} wanted {row.wanted} (epoch {row.epoch})"]
    if row.done is None:
        found = "" if row.found is None else f", found {row.found}"
        yield row.decided, [f"{row.target} not {row.wanted} yet{found}"]
        return
    found = "" if row.found is None else f"found {row.found}; "
    yield row.done, [f"{row.target} {row.wanted}: {found}{row.outcome or 'done'} (epoch {row.epoch})"]


def _delivery(row: Delivery) -> Event:
    ended = "done" if row.ok else "refused for good" if row.final else "failed, tried again later"
    return row.at, [
        f"{row.by} attempt {row.attempt} for {row.of}: {ended}" + (f" ({row.detail})" if row.detail else "")
    ]
