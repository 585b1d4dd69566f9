"""Rows with everything filled in, so that a test says only what it is about."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from slo_service.collect.ports import Batch, LedgerPage
from slo_service.domain.cell import CellKey, Revision, Sample
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
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import WORKBOOK, Severity
from slo_service.domain.status import Phase, Reading, TierState
from slo_service.domain.tally import Tally

NOW = 1_800_000_000 * SECOND  # a whole quarter of an hour


def sample(
    start_ns: int = NOW, good: int = 0, bad: int = 0, counter: int = 1, source: str = "canary/eu/0", stream: str = "s"
) -> Sample:
    return Sample(CellKey(stream, source, start_ns), Tally(good, bad), Revision(1, counter))


def batch(*samples: Sample) -> Batch:
    return Batch(samples=samples)


def page(start_ns: int = NOW, **changed: Any) -> LedgerPage:
    return replace(LedgerPage("orders-canary", "sent", "run/0", start_ns, b"\x00\xff", open=False), **changed)


READING = Reading(HOUR, Tally(718, 2), Fraction(1, 3), Fraction(99, 100), Fraction(100, 36), (0.1, 2.5))
TIER = TierState(
    slo="orders-freshness",
    tier=WORKBOOK[0],
    factor=Fraction(72, 5),
    phase=Phase.FIRING,
    since_ns=NOW,
    burning=True,
    last_burned_ns=NOW,
    quiet_ns=0,
    judged_at_ns=NOW,
    frozen_since_ns=None,
    episode="e-1",
    long=READING,
    short=replace(READING, length_ns=5 * MINUTE, burn=None, interval=None),
)


def transition(key: str = "t-1", **changed: Any) -> Transition:
    row = Transition(
        key, "orders-freshness", Severity.PAGE, Change.FIRED, NOW, NOW + SECOND, "e-1", True, False, TIER, NOW, 3
    )
    return replace(row, **changed)


def episode(key: str = "r-1", **changed: Any) -> RuleEpisode:
    return replace(RuleEpisode(key, "streaming-default", "protect", "orders-freshness", NOW, NOW), **changed)


def decision(key: str = "d-1", **changed: Any) -> Decision:
    row = Decision(
        key, NOW, "streaming-default", "protect", "orders-freshness", "orders", "r-1", "t-1", "pauseJobs",
        "job:export", Verdict.ACT, "the page burns 20 times too fast",
        (Witness("canary", "orders", True, "12 of 12 canaries late", NOW), Witness("lag", "orders", None, "-", NOW)),
    )  # fmt: skip
    return replace(row, **changed)


def hold(key: str = "h-1", **changed: Any) -> Hold:
    return replace(Hold(key, "r-1", "job:export", "d-1", NOW), **changed)


def wanted(epoch: int = 1, state: Wanted = Wanted.PAUSED, **changed: Any) -> WantedState:
    return replace(WantedState("job:export", epoch, state, NOW, "d-1"), **changed)


def message(key: str = "m-1", **changed: Any) -> Message:
    facts = {"late": 12, "share": 0.02, "since": None, "jobs": ["export", "backfill"]}
    return replace(Message(key, "d-2", "oncall", "burning", "Orders are late", facts, NOW), **changed)


def delivery(key: str = "v-1", **changed: Any) -> Delivery:
    return replace(Delivery(key, "m-1", "d-2", "webhook", 1, NOW, True, True, "202 Accepted"), **changed)


LONG_AGO = NOW - 30 * DAY
