"""What was done for an objective, as stakeholders are told: whom we paused, out of how many, and when they go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Decision, Hold
from slo_service.domain.policy import QuietFor
from slo_service.show.ports import Chain
from slo_service.show.web import words
from slo_service.show.web.view.said import At, Said


@dataclass(frozen=True, slots=True)
class Doing:
    decision: str
    text: str
    more: Said


def _release(catalogue: Catalogue, decision: Decision) -> str:
    policy = catalogue.policies.get(decision.policy)
    rule = next((each for each in policy.rules if each.name == decision.rule), None) if policy else None
    if rule is None or not isinstance(rule.release, QuietFor):
        return "until the rule is left"
    return f"until it has been quiet for {words.duration(rule.release.for_ns)} of measured time"


def done(
    catalogue: Catalogue, slo: str, holds: Sequence[Hold], reasons: Mapping[str, Decision], chains: Sequence[Chain]
) -> tuple[Doing, ...]:
    """Holds in force first, then the newest message that was delivered."""
    mine = [(hold, reasons[hold.decision]) for hold in holds if hold.decision in reasons]
    mine = [(hold, decision) for hold, decision in mine if decision.slo == slo]
    found = []
    if mine:
        names = sorted({hold.target.partition(":")[2] for hold, _ in mine})
        _, decision = min(mine, key=lambda each: each[1].target)
        of = words.plural(len(catalogue.jobs_of(decision.pipeline)), "job")
        more: Said = (f" of {decision.pipeline} since ", At(min(hold.placed_ns for hold, _ in mine)))
        listed = f": {words.listing(names)}, {_release(catalogue, decision)}. "
        found.append(Doing(decision.id, f"We paused {len(names)} of {of}", (*more, listed)))
    told = [
        (delivery.at_ns, chain.decision, chain.message.subject)
        for chain in chains
        for delivery in chain.deliveries
        if chain.message is not None and delivery.ok
    ]
    if told:
        at_ns, decision, subject = max(told, key=lambda each: each[0])
        whom = decision.target.partition(":")[2]
        found.append(Doing(decision.id, f"{whom} was told", (" at ", At(at_ns), f": {subject}.")))
    return tuple(found)
