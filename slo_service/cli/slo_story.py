"""An objective in words: every number, and why the state is what it is, tier by tier with counts."""

from __future__ import annotations

from collections.abc import Iterator

from slo_service.cli.figures import clock, duration, percent, trimmed, versus
from slo_service.show.api.event_models import DecisionPage, TransitionWindow
from slo_service.show.api.models import Slo, SloDetail, Tier, Window

ENOUGH = 1 - 1e-12  # coverage that prints as 100 % and needs no words


def slo_story(slo: SloDetail, journal: DecisionPage) -> Iterator[str]:
    since = "" if slo.since is None else f" since {clock(slo.since)}"
    yield f"{slo.name} is {slo.state}{since}: {slo.display_name}"
    yield f"  because {reason(slo)}"
    yield f"  defined at {slo.defined_at}{_measured_by(slo)}"
    yield from (f"  {what} from {place}" for what, place in slo.sources.items())
    if slo.budget is None:
        return
    yield ""
    yield from _budget(slo)
    yield ""
    for tier in slo.tiers:
        yield from _tier(tier)
    yield "Windows"
    for window in slo.windows.values():
        yield f"  {_measured(window)}"
    if journal.decisions:
        yield ""
        yield "Decisions, newest first (slo explain ID tells the whole of one)"
        for row in journal.decisions:
            yield f"  {clock(row.at)}  {row.id}  {row.verdict}: {row.action} {row.target}: {row.reason}"


def _measured_by(slo: Slo) -> str:
    """Several indicators as one have no method in common."""
    said = [str(slo.indicator[key]) for key in ("method", "kind") if key in slo.indicator]
    return f"; measured by {', '.join(said)}" if said else ""


def reason(slo: Slo) -> str:
    """Why the one word is what it is."""
    firing = {severity: [t.tier for t in slo.tiers if t.firing and t.severity == severity] for severity in
              ("page", "ticket")}  # fmt: skip
    match slo.state:
        case "burning":
            return f"a page fires: {', '.join(firing['page'])}"
        case "warn":
            overspent = [] if slo.budget_remaining is None or slo.budget_remaining >= 0 else ["the budget is overspent"]
            waiting = [f"{t.tier} {_waits(t)}" for t in slo.tiers if _is_waiting(t)]
            return "; ".join([*(f"a ticket fires: {name}" for name in firing["ticket"]), *waiting, *overspent])
        case "frozen" | "unknown" if slo.not_judged:
            return slo.not_judged
        case "frozen":
            return f"nothing was measured since {clock(slo.frozen_since)}, so no verdict can change"
        case "warming":
            return "it is measured, but no page tier has seen enough yet to call it quiet"
        case "healthy":
            return "no tier fires and the budget is not overspent"
        case "unknown":
            return "it is declared, but has not been judged yet"


def _budget(slo: Slo) -> Iterator[str]:
    assert slo.budget is not None
    assert slo.good is not None
    assert slo.bad is not None
    left = slo.budget
    counts = f"{slo.bad:,} bad of {slo.good + slo.bad:,} judged, {trimmed(left.allowed_events, 1)} allowed"
    yield f"Budget of {duration(slo.window)} at {percent(slo.objective, 4)}: {counts}"
    if left.remaining is None:
        yield "  left: unknown, nothing is measured or expected"
    else:
        minutes, events = trimmed(left.remaining_minutes or 0, 1), trimmed(left.remaining_events or 0, 1)
        yield f"  left: {percent(left.remaining)} = {minutes} min of total outage = {events} events"
    if left.remaining_interval:
        low, high = left.remaining_interval
        yield f"  95 % interval of what is left: {percent(low)} to {percent(high)}"
    yield f"  measured: {percent(slo.sli, 4)} good, coverage {percent(slo.coverage, 1)}, unmeasured " + (
        duration(slo.unmeasured)
    )
    if left.provisional:
        yield "  provisional: too little is measured for any action to rest on it"
    yield f"  judged up to {clock(slo.watermark)}; every source had looked at {clock(slo.progress)}"
    if slo.first_bad:
        yield f"  the present trouble began in the slice of {clock(slo.first_bad)}"


def _tier(tier: Tier) -> Iterator[str]:
    share = percent(tier.budget_share)
    yield f"Tier {tier.tier} ({tier.severity}, {trimmed(tier.factor, 4)}× = {share} of the budget within " + (
        f"{duration(tier.long_seconds)}): {_phase(tier)}"
    )
    for window in (tier.long, tier.short):
        yield f"  {compared(window, tier.factor)}"


def _phase(tier: Tier) -> str:
    frozen = "" if tier.frozen_since is None else f", frozen since {clock(tier.frozen_since)} for lack of data"
    if not tier.firing:
        return f"{_waits(tier) if _is_waiting(tier) else 'quiet'}{frozen}"
    if tier.burning is False:
        keep = "" if tier.keep_firing_seconds is None else f" of the {duration(tier.keep_firing_seconds)} it takes"
        ended = f"; last burned {clock(tier.last_burned)}, quiet for {duration(tier.quiet_seconds)}{keep}"
    else:
        ended = ""
    return f"fires since {clock(tier.since)}{ended}{frozen}"


def _is_waiting(tier: Tier) -> bool:
    return bool(tier.burning) and tier.after_seconds > 0 and not tier.firing


def _waits(tier: Tier) -> str:
    return f"burns for {duration(tier.burned_seconds)} of the {duration(tier.after_seconds)} after which it fires"


def compared(window: Window | TransitionWindow, factor: float) -> str:
    """`1h: 312 bad of 21,600 expected = burn 14.44 > 14.4`, with what coverage leaves open."""
    if window.burn is None or window.over is None:
        return f"{window.window}: nothing judged of {trimmed(window.expected, 1)} expected, burn unknown"
    total = window.good + window.bad
    if window.coverage >= ENOUGH:
        return f"{window.window}: {window.bad:,} bad of {total:,} expected = burn " + (
            versus(window.burn, factor, over=window.over)
        )
    said = f"{window.window}: {window.bad:,} bad of {total:,} judged, {trimmed(window.expected, 1)} expected " + (
        f"(coverage {percent(window.coverage, 1)}) = burn {versus(window.burn, factor, over=window.over)}"
    )
    return said + (_bounds(window) if isinstance(window, Window) else "")


def _bounds(window: Window) -> str:
    if window.burn_lowest is None or window.burn_highest is None:
        return ""
    low, high = trimmed(window.burn_lowest, 2), trimmed(window.burn_highest, 2)
    return f"; {low} to {high} if all that is unmeasured was good, or bad"


def _measured(window: Window) -> str:
    total = window.good + window.bad
    if window.burn is None:
        return f"{window.window}: nothing judged, coverage {percent(window.coverage, 1)}"
    between = ""
    if window.burn_interval:
        between = f" ({trimmed(window.burn_interval[0], 2)} to {trimmed(window.burn_interval[1], 2)} at 95 %)"
    return f"{window.window}: {window.bad:,} bad of {total:,} judged = burn {trimmed(window.burn, 2)}{between}, " + (
        f"coverage {percent(window.coverage, 1)}"
    )
