"""The sentence above an objective: how many of how many, since the first bad one, what fires, whether it goes on, what
comes next. Never a percentage without its count, and never "healthy" for what is not measured."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from slo_service.domain.cell import Delta
from slo_service.domain.indicator import (
    Completeness,
    Composite,
    Duplicates,
    Freshness,
    Indicator,
    Intake,
    Lag,
    Ratio,
    Threshold,
)
from slo_service.domain.instant import HOUR
from slo_service.domain.slo import Kind, Severity, Slo
from slo_service.domain.status import Reading, State, Status
from slo_service.show.obstacle import unmeasured
from slo_service.show.web import words
from slo_service.show.web.view.said import At, Said
from slo_service.show.web.view.signals import partitions
from slo_service.show.web.view.tiers import fires_from, measured_still_needed


def missed(indicator: Indicator) -> str:
    """What a bad event failed to do."""
    match indicator:
        case Freshness():
            return f"did not arrive within {words.duration(indicator.within_ns)}"
        case Completeness():
            return f"had not arrived by {words.duration(indicator.by_ns)} and may still arrive"
        case Duplicates():
            return "were repeats"
        case Intake():
            return "were not acknowledged"
        case Lag():
            return f"found {indicator.stage} more than {words.duration(indicator.within_ns)} behind"
        case Ratio() | Composite():
            return "were bad"
        case Threshold():
            return f"were not {words.target(indicator)}"


def again(indicator: Indicator) -> str:
    match indicator:
        case Freshness():
            return "Fresh again"
        case Completeness():
            return "Complete again"
        case Duplicates():
            return "Free of repeats again"
        case Intake():
            return "Acknowledged again"
        case Lag():
            return "Current again"
        case Ratio() | Threshold() | Composite():
            return "Good again"


def lede(slo: Slo, status: Status | None, slices: Sequence[Delta] = ()) -> Said:
    """`slices`: the newest counts, for what happened since the first bad one and since when it is over."""
    if status is None:
        return ("Not judged yet: the first verdict comes once the watermark has moved.",)
    if status.watermark_ns is None and (why := unmeasured(slo.indicator)):
        return (f"Not measured: {why}. That is neither good nor bad.",)
    match status.state:
        case State.BURNING:
            return (*_since(slo, status, slices), *_firing(status), *_lately(slo, status, slices))
        case State.WARN:
            remaining = status.budget.remaining
            if remaining is not None and remaining < 0:
                over = f"The budget is overspent: {words.share(-remaining)} more than there was. "
                return (over, *_of_the_hour(slo, status))
            return (*_since(slo, status, slices), *_ticket(status))
        case State.FROZEN:
            stay = ". That is neither good nor bad: every verdict stays as it was, no action follows, and judging goes "
            stay += "on with the first measurement."
            return ("Not measured since ", At(status.since_ns), stay)
        case State.WARMING:
            return _warming(slo, status)
        case State.HEALTHY:
            hour = status.readings.get(HOUR)
            lately = _lately(slo, status, slices) if hour is not None and hour.tally.bad else ()
            return (*lately, *((" ",) if lately else ()), *_of_the_hour(slo, status)) or ("Measured and quiet.",)


def _since(slo: Slo, status: Status, slices: Sequence[Delta]) -> Said:
    """Counts from the first bad slice on when it is known that far back, else those of the last hour."""
    first = status.first_bad_ns
    counts = [cell for cell in slices if first is not None and cell.slice_start_ns >= first]
    if first is None or not counts or slices[0].slice_start_ns > first:
        return _of_the_hour(slo, status)
    bad, total = sum(cell.bad for cell in counts), sum(cell.bad + cell.good for cell in counts)
    share = f" ({words.share(Fraction(bad, total))})" if total else ""
    return (
        "Since ",
        At(first),
        f", {bad:,} of {total:,} {words.events(slo.indicator)}{share} {missed(slo.indicator)}. ",
    )


def _of_the_hour(slo: Slo, status: Status) -> Said:
    hour = status.readings.get(HOUR)
    if hour is None or hour.burn is None:
        return ()
    what = words.events(slo.indicator)
    if not hour.tally.bad:
        return (f"None of the {hour.tally.total:,} {what} of the last hour was bad. ",)
    pace = f", {words.times(hour.burn)} the pace the budget allows"
    return (f"{hour.tally.bad:,} of {hour.tally.total:,} {what} of the last hour {missed(slo.indicator)}{pace}. ",)


def _firing(status: Status) -> Said:
    """`Page 6 h / 30 min fires since 10:08:30. `, and partitions that fail alone by name."""
    firing = status.firing(Severity.PAGE)
    tiers = [tier for tier in firing if tier.tier.kind is not Kind.PARTITION]
    parts = [tier for tier in firing if tier.tier.kind is Kind.PARTITION]
    pairs = [f"{words.window(tier.tier.long_ns)} / {words.window(tier.tier.short_ns)}" for tier in tiers]
    told: list[str | At] = []
    if tiers:
        since = min(tier.since_ns for tier in tiers)
        told += [f"Page {words.listing(pairs)} {'fires' if len(pairs) == 1 else 'fire'} since ", At(since), ". "]
    for part in parts:
        what = partitions(part) if part.sources else "A partition"
        fails = "fails" if len(part.sources) < 2 else "fail"
        told += [f"{what} {fails} alone, paged since ", At(part.since_ns), ". "]
    return tuple(told)


def _ticket(status: Status) -> Said:
    waiting = [tier for tier in status.tiers if tier.waits and not tier.held_back]
    if status.firing() or not waiting:
        return ("A ticket tier fires; at this pace it is no page.",)
    soonest = min(waiting, key=lambda tier: tier.tier.after_ns - tier.burned_ns)
    rest = words.duration(max(0, soonest.tier.after_ns - soonest.burned_ns))
    return (f"{soonest.tier.name} burns, and fires as a {soonest.tier.severity} if that goes on for {rest} more.",)


def shortest(slo: Slo, status: Status) -> Reading | None:
    """The window that says whether it goes on."""
    lengths = [tier.short_ns for tier in slo.alerting.tiers]
    return status.readings.get(min(lengths)) if lengths else None


def _lately(slo: Slo, status: Status, slices: Sequence[Delta]) -> Said:
    latest = shortest(slo, status)
    if latest is None or latest.tally.total == 0:
        return ()
    what, span = words.events(slo.indicator), words.window(latest.length_ns)
    if latest.tally.bad:
        until: Said = () if status.watermark_ns is None else (" up to ", At(status.watermark_ns))
        bad_ones = f": {latest.tally.bad:,} of the {latest.tally.total:,} {what} of the {span} before were bad."
        return ("It goes on, as judged", *until, bad_ones)
    ended = [cell.slice_start_ns for cell in slices if cell.bad]
    none = f"none of the {latest.tally.total:,} {what} of the last {span} was bad"
    if not ended:
        return (f"{none[:1].upper()}{none[1:]}.",)
    stays = " The page stays open until it has been quiet for long enough." if status.firing(Severity.PAGE) else ""
    return (f"{again(slo.indicator)} since ", At(ended[-1] + slo.slice_width_ns), f": {none}.{stays}")


def _warming(slo: Slo, status: Status) -> Said:
    pages = [tier for tier in status.tiers if tier.tier.severity is Severity.PAGE] or list(status.tiers)
    needed = min((measured_still_needed(tier) for tier in pages), default=0)
    counts = _of_the_hour(slo, status)
    first = min(pages, key=lambda tier: tier.tier.long_ns, default=None)
    start = "Measured for too short a time to be called quiet or not, which is neither good nor bad. "
    fires = ""
    if first is not None and (bad := fires_from(first)) is not None:
        fires = f"Too little of {words.window(first.tier.long_ns)} is measured to decide: the page fires from {bad:,} "
        fires += "bad ones in it on. "
    comes = f"It can be called quiet after {words.duration(needed)} more of measured time." if needed else ""
    return (*counts, fires + comes) if fires else (start, *counts, comes)
