"""The made incident with all that may stand beside it: signals, a tier that chance holds back, adjusted time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from slo_service.domain.adjustment import Adjustment, Category, Span
from slo_service.domain.budgeting import Calendar
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.policy import Selector
from slo_service.domain.slo import Kind, Severity, Slo, Tier
from slo_service.domain.status import Phase, Reading, Status, TierState
from slo_service.domain.tally import Tally
from tests.show.web.declared import NOON, catalogue
from tests.show.web.judged import statuses

NAME = "orders-freshness"
NOTHING = Reading(20 * SECOND, Tally(), Fraction(0), Fraction(0), None)
HELD = "1 of 60 canaries failed; chance alone gives that once in 17 such windows; it pages from 4"
RESTART = Adjustment(
    "broker-restarts",
    Selector(),
    Category.MAINTENANCE,
    "ana",
    "The brokers restart one after the other, as announced",
    (Span(NOON - 6 * DAY + 3 * SECOND, NOON - 6 * DAY + 5 * HOUR),),
)
NOVEMBER = Calendar(datetime(2026, 11, 1), "Europe/Berlin", 1, "M")  # noqa: DTZ001 - local time of the zone


def signal(status: Status, kind: Kind, severity: Severity, long_ns: int, short_ns: int, *, fires: bool) -> TierState:
    """Beside the tiers of the status, with its windows; of silence with none."""
    name = {Kind.PARTITION: "page-partition", Kind.EARLY: "early", Kind.NO_DATA: "no-data"}.get(kind, "coverage-1h")
    tier = Tier(name, severity, long_ns, short_ns, Fraction(0), Fraction(1), kind=kind)
    known = status.readings
    return replace(
        status.tiers[0],
        tier=tier,
        phase=Phase.FIRING if fires else Phase.QUIET,
        burning=fires,
        since_ns=NOON - 20 * MINUTE,
        long=known.get(long_ns, NOTHING),
        short=known.get(short_ns, NOTHING),
        sources=("orders-canary/3",) if kind is Kind.PARTITION and fires else (),
    )


def adorned(status: Status) -> Status:
    """Its first tier burns and is held back, a partition pages, everything else is quiet."""
    held = replace(status.tiers[0], phase=Phase.QUIET, burning=True, held_back=HELD, frozen_since_ns=None)
    signals = (
        signal(status, Kind.PARTITION, Severity.PAGE, HOUR, 5 * MINUTE, fires=True),
        signal(status, Kind.EARLY, Severity.EARLY, HOUR, 5 * MINUTE, fires=True),
        signal(status, Kind.NO_DATA, Severity.TICKET, 20 * SECOND, 20 * SECOND, fires=False),
        signal(status, Kind.COVERAGE, Severity.TICKET, HOUR, HOUR, fires=False),
    )
    raw = replace(status.budget, remaining=Fraction(1, 4))
    return replace(status, tiers=(held, *status.tiers[1:]), signals=signals, without=raw)


def world() -> tuple[Status, Slo]:
    """The status, and the objective over a calendar month."""
    return adorned(statuses(NOON)[NAME]), replace(catalogue().slos[NAME], calendar=NOVEMBER, window_ns=30 * DAY)
