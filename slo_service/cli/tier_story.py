"""Tiers in words: each comparison written out with its counts, and why one that burns does not fire."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from slo_service.cli.figures import clock, duration, percent, trimmed, versus
from slo_service.show.api.event_models import TransitionWindow
from slo_service.show.api.models import Signal, SloDetail, Tier, Window

ENOUGH = 1 - 1e-12  # coverage that prints as 100 % and needs no words


def tier_story(slo: SloDetail, tier: Tier) -> Iterator[str]:
    share = percent(tier.budget_share)
    yield f"Tier {tier.tier} ({tier.severity}, {trimmed(tier.factor, 4)}× = {share} of the budget within " + (
        f"{duration(tier.long_seconds)}): {_phase(tier)}"
    )
    for window in (tier.long, tier.short):
        yield f"  {compared(window, tier.factor)}{_written_out(slo, tier, window)}"
        if bounds := _bounds(window):
            yield f"    {bounds}"
    if tier.held_back:
        yield f"  held back: {tier.held_back}"
    if tier.frozen_since is not None:
        yield "  frozen: whether it burns depends on what was not measured"


def _written_out(slo: SloDetail, tier: Tier, window: Window) -> str:
    """`: 52 > 14.4 × 0.1 % × 360 = 5.18`. What several indicators burn does not follow from their counts."""
    total = window.good + window.bad
    if window.over is None or not total or (slo.members and slo.budgeting.counts == "events"):
        return ""
    share = 1 - Fraction(str(slo.objective))  # in decimals, as it was declared: a limit that is met looks met
    limit = float(Fraction(str(tier.factor)) * share * Fraction(str(total)))
    factors = f"{trimmed(tier.factor, 4)} × {percent(float(share), 4)} × {trimmed(total, 3)}"
    bad, sign, most = versus(window.bad, limit, over=window.over).split(" ")
    return f": {bad} {sign} {factors} = {most}"


def compared(window: Window | TransitionWindow, factor: float) -> str:
    """`1h: 312 bad of 21,600 expected = burn 14.44 > 14.4`, with what coverage leaves open."""
    if window.burn is None or window.over is None:
        return f"{window.window}: nothing judged of {trimmed(window.expected, 1)} expected, burn unknown"
    total = window.good + window.bad
    if window.coverage >= ENOUGH:
        return f"{window.window}: {trimmed(window.bad, 3)} bad of {trimmed(total, 3)} expected = burn " + (
            versus(window.burn, factor, over=window.over)
        )
    return f"{window.window}: {trimmed(window.bad, 3)} bad of {trimmed(total, 3)} judged, " + (
        f"{trimmed(window.expected, 1)} expected (coverage {covered(window.coverage)}) = burn "
        f"{versus(window.burn, factor, over=window.over)}"
    )


def _bounds(window: Window) -> str:
    """What the burn may be, where some of the window was not measured."""
    if window.coverage >= ENOUGH or window.burn_lowest is None or window.burn_highest is None:
        return ""
    low, high = trimmed(window.burn_lowest, 2), trimmed(window.burn_highest, 2)
    return f"{low} to {high} if all that is unmeasured was good, or bad"


def covered(share: float | None) -> str:
    """Little is not nothing."""
    return "<0.1 %" if share and share < 0.001 else percent(share, 1)


def _phase(tier: Tier) -> str:
    frozen = "" if tier.frozen_since is None else f", frozen since {clock(tier.frozen_since)} for lack of data"
    if not tier.firing:
        if tier.held_back:
            return f"burns, and chance could do that{frozen}"
        return f"{waits(tier) if is_waiting(tier) else 'quiet'}{frozen}"
    if tier.burning is False:
        keep = "" if tier.keep_firing_seconds is None else f" of the {duration(tier.keep_firing_seconds)} it takes"
        ended = f"; last burned {clock(tier.last_burned)}, quiet for {duration(tier.quiet_seconds)}{keep}"
    else:
        ended = ""
    return f"fires since {clock(tier.since)}{ended}{frozen}"


def is_waiting(tier: Tier) -> bool:
    return bool(tier.burning) and tier.after_seconds > 0 and not tier.firing and not tier.held_back


def waits(tier: Tier) -> str:
    return f"burns for {duration(tier.burned_seconds)} of the {duration(tier.after_seconds)} after which it fires"


def signals_story(signals: list[Signal]) -> Iterator[str]:
    """Those that fire, each with what it speaks of; the others in one line."""
    if not signals:
        return
    yield "Beside the tiers"
    for each in signals:
        if each.firing:
            yield f"  {each.tier} ({each.severity}) fires since {clock(each.since)}{_speaks_of(each)}"
    unknown = [each.tier for each in signals if not each.firing and each.burning is None]
    quiet = [each.tier for each in signals if not each.firing and each.burning is not None]
    if quiet:
        yield f"  quiet: {', '.join(quiet)}"
    if unknown:
        yield f"  not known yet, too little was measured: {', '.join(unknown)}"


def _speaks_of(signal: Signal) -> str:
    if signal.sources:
        return f": {', '.join(signal.sources)}"
    if signal.fires_after_seconds is not None:
        return f": nothing was heard for {duration(signal.fires_after_seconds)}"
    if signal.kind == "coverage" and signal.long is not None:
        return f": {percent(signal.long.coverage, 1)} of {signal.long.window} was measured"
    return ""
