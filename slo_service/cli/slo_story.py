"""An objective in words: every number, and why the state is what it is, tier by tier with counts."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from slo_service.cli.budget_story import adjustments_story, budget_story, forecast_story, past_story
from slo_service.cli.figures import clock, duration, percent, trimmed
from slo_service.cli.tier_story import covered, is_waiting, signals_story, tier_story, waits
from slo_service.show.api.event_models import DecisionPage
from slo_service.show.api.models import Slo, SloDetail, Window
from slo_service.show.api.past_models import SloHistory

WIDTH = 110
DECISIONS = 5  # the newest, so that all of it fits on a screen

_HEAD = ("window", "bad", "judged", "expected", "unmeasured", "coverage", "burn")


def slo_story(slo: SloDetail, journal: DecisionPage, past: SloHistory | None = None) -> Iterator[str]:
    since = "" if slo.since is None else f" since {clock(slo.since)}"
    yield f"{slo.name} is {slo.state}{since}: {slo.display_name}"
    yield f"  because {reason(slo)}"
    if slo.watermark is not None:
        yield f"  judged up to {clock(slo.watermark)}; every source had looked at {clock(slo.progress)}"
    if slo.first_bad:
        yield f"  the present trouble began in the slice of {clock(slo.first_bad)}"
    yield f"  defined at {slo.defined_at}{_measured_by(slo)}"
    yield from _sources(slo)
    if slo.budget is None:
        return
    yield ""
    yield from budget_story(slo)
    forecast = past.forecast if past and past.forecast else slo.forecast
    if forecast is not None:
        yield from forecast_story(forecast.paces)
    if past is not None:
        yield from past_story(past)
    yield from adjustments_story(slo)
    yield ""
    yield from _windows(slo)
    for tier in slo.tiers:
        yield from tier_story(slo, tier)
    yield from signals_story(slo.signals)
    yield from _members(slo)
    yield from _decisions(journal)


def _decisions(journal: DecisionPage) -> Iterator[str]:
    if not journal.decisions:
        return
    yield ""
    yield "Decisions, newest first (slo explain ID tells the whole of one)"
    for row in journal.decisions[:DECISIONS]:
        yield f"  {clock(row.at)}  {row.id}  {row.verdict}: {row.action} {row.target}: {row.reason}"
    if len(journal.decisions) > DECISIONS:
        yield "  older ones with --json"


def _sources(slo: SloDetail) -> Iterator[str]:
    """Where each value was written, in as few lines as they fit in."""
    if slo.sources:
        told = ", ".join(f"{what} from {place}" for what, place in slo.sources.items())
        yield from textwrap.wrap(told, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def _measured_by(slo: Slo) -> str:
    """Several indicators as one have no method in common."""
    said = [str(slo.indicator[key]) for key in ("method", "kind") if key in slo.indicator]
    return f"; measured by {', '.join(said)}" if said else ""


def reason(slo: Slo) -> str:
    """Why the one word is what it is."""
    beside = [each for each in slo.signals if each.firing and each.kind == "partition"]
    fires = {
        severity: [t.tier for t in slo.tiers if t.firing and t.severity == severity]
        + [f"{each.tier} of {', '.join(each.sources)}" for each in beside if each.severity == severity]
        for severity in ("page", "ticket")
    }
    match slo.state:
        case "burning":
            return f"a page fires: {', '.join(fires['page'])}"
        case "warn":
            overspent = [] if slo.budget_remaining is None or slo.budget_remaining >= 0 else ["the budget is overspent"]
            waiting = [f"{t.tier} {waits(t)}" for t in slo.tiers if is_waiting(t)]
            return "; ".join([*(f"a ticket fires: {name}" for name in fires["ticket"]), *waiting, *overspent])
        case "frozen" | "unknown" if slo.not_judged:
            return slo.not_judged
        case "frozen":
            return f"nothing was measured since {clock(slo.frozen_since)}, so no verdict can change"
        case "warming":
            return "it is measured, but no page tier has seen enough yet to call it quiet"
        case "healthy":
            held = [tier.tier for tier in slo.tiers if tier.held_back]
            but = "" if not held else f"; {', '.join(held)} burns, which chance could do"
            return f"no tier fires and the budget is not overspent{but}"
        case "unknown":
            return "it is declared, but has not been judged yet"


def _windows(slo: SloDetail) -> Iterator[str]:
    rows = [_HEAD, *(_row(window) for window in slo.windows.values())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        first, *others = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        others[-1] = others[-1].strip()
        yield "  " + "  ".join([first.strip().ljust(widths[0]), *others])


def _row(window: Window) -> tuple[str, ...]:
    """What was not measured is not known, rather than nothing."""
    burn = "not known"
    if window.burn is not None:
        burn = trimmed(window.burn, 2)
        if window.burn_interval:
            low, high = window.burn_interval
            burn += f" ({trimmed(low, 2)} to {trimmed(high, 2)} at 95 %)"
    judged = window.good + window.bad
    return (
        window.window,
        trimmed(window.bad, 3) if judged or window.coverage else "–",
        trimmed(judged, 3) if judged or window.coverage else "–",
        trimmed(window.expected, 1) if window.expected else "–",
        duration(window.unmeasured),
        covered(window.coverage),
        burn,
    )


def _members(slo: SloDetail) -> Iterator[str]:
    if not slo.members:
        return
    yield "Members"
    for member in slo.members:
        hour = (member.windows or {}).get("1h")
        burn = "not known here" if hour is None or hour.burn is None else f"burn {trimmed(hour.burn, 2)} over 1h"
        where = "" if member.slo is None else f", measured as {member.slo}"
        yield f"  {member.name}: target {percent(member.target, 4)}, weight {trimmed(member.weight, 3)}: {burn}{where}"
