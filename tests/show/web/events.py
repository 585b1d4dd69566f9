"""What followed the page of the made incident: transitions, decisions, holds, deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from slo_service.domain.event import (
    Change,
    Decision,
    Delivery,
    Hold,
    Message,
    RuleEpisode,
    Transition,
    Verdict,
    Wanted,
    WantedState,
    Witness,
)
from slo_service.domain.instant import SECOND, from_rfc3339
from slo_service.domain.slo import Severity
from slo_service.domain.status import TierState
from slo_service.show.ports import Chain

FIRED = from_rfc3339("2026-11-20T10:04:50Z")
SLO, PIPELINE = "orders-freshness", "orders"


def after_the_page(first: TierState, second: TierState) -> tuple[Sequence[Transition], Sequence[Chain]]:
    """Newest first. `first` is the 1 h tier, `second` the 6 h one."""
    bad = from_rfc3339("2026-11-20T10:02:00Z")
    fired = Transition(
        "tr-1",
        SLO,
        Severity.PAGE,
        Change.FIRED,
        FIRED,
        FIRED + SECOND,
        "ep-1",
        opens=True,
        closes=False,
        tier=first,
        first_bad_ns=bad,
        load=214,
    )
    again = replace(
        fired, id="tr-2", event_ns=FIRED + 220 * SECOND, recorded_ns=FIRED + 221 * SECOND, opens=False, tier=second
    )
    cleared = replace(again, id="tr-3", change=Change.CLEARED, event_ns=FIRED + 1850 * SECOND, tier=first)
    chains = [_pause(fired, "orders-lake-export", 1), _pause(fired, "orders-feature-backfill", 2), _tell(fired)]
    return (cleared, again, fired), chains


def _decision(fired: Transition, identity: str, action: str, target: str, reason: str) -> Decision:
    at = fired.recorded_ns
    witnesses = (
        Witness("canary", PIPELINE, True, "62 of 360 canaries of the last 5 min were not seen within 30 s", at),
        Witness("lag", PIPELINE, True, "orders-enricher is 2 min 50 s behind on partition 3", at),
    )
    return Decision(
        identity,
        at,
        "streaming-default",
        "protect-the-dashboard",
        SLO,
        PIPELINE,
        "re-1",
        fired.id,
        action,
        target,
        Verdict.ACT,
        reason,
        witnesses,
    )


def _episode(fired: Transition) -> RuleEpisode:
    return RuleEpisode("re-1", "streaming-default", "protect-the-dashboard", SLO, fired.recorded_ns, fired.event_ns)


def _pause(fired: Transition, job: str, number: int) -> Chain:
    target, at = f"job:{job}", fired.recorded_ns
    made = _decision(
        fired, f"de-{number}", "pauseJobs", target, "a page tier of orders-freshness burns; two witnesses agree"
    )
    hold = Hold(f"ho-{number}", "re-1", target, made.id, at)
    wanted = WantedState(target, 1, Wanted.PAUSED, at, made.id, "running", at + 3 * SECOND, "paused, found running")
    delivery = Delivery(
        f"dl-{number}", f"{target}@1", made.id, "http", 1, at + 3 * SECOND, ok=True, final=True, detail=""
    )
    return Chain(made, fired, _episode(fired), hold, (wanted,), None, (delivery,), ())


def _tell(fired: Transition) -> Chain:
    made = _decision(fired, "de-3", "notify", "contact:payments-oncall", "a page tier of orders-freshness burns")
    message = Message(
        "me-1", made.id, "payments-oncall", "burning", "orders-freshness burns 13.9× its budget", {}, made.at_ns
    )
    failed = Delivery(
        "dl-3", "me-1", made.id, "webhook", 1, made.at_ns + SECOND, ok=False, final=False, detail="429, waited 2 s"
    )
    came = replace(failed, id="dl-4", attempt=2, at_ns=made.at_ns + 3 * SECOND, ok=True, final=True, detail="")
    return Chain(made, fired, _episode(fired), None, (), message, (failed, came), ())
