"""A budget in words: the sum it comes from, written out; what is foreseen; what was adjusted; and what happened."""

from __future__ import annotations

from collections.abc import Iterator

from slo_service.cli.figures import clock, counted, duration, percent, trimmed
from slo_service.cli.tier_story import covered
from slo_service.show.api.models import BudgetLeft, Pace, Slo, SloDetail
from slo_service.show.api.past_models import SloHistory

SHOWN = 5  # adjustments
BURSTY = 2  # variance-to-mean above which intervals are optimistic


def budget_story(slo: SloDetail) -> Iterator[str]:
    assert slo.budget is not None
    left, counts = slo.budget, slo.budgeting.counts
    yield f"Budget of {_window(slo)} at {percent(slo.objective, 4)}"
    if left.allowed_events and slo.good is not None and slo.bad is not None:
        yield from _sum(slo, left)
    if left.remaining is None:
        yield "  left      unknown, nothing is measured or expected"
    else:
        minutes = f"{trimmed(left.remaining_minutes or 0, 1)} min of total outage"
        events = "" if left.remaining_events is None else f" = {trimmed(left.remaining_events, 1)} {counts}"
        yield f"  left      {percent(left.remaining)} = {minutes}{events}{_interval(left)}"
    if left.spent_by_one_failure is not None:
        one = "event" if counts == "events" else "slice"
        yield (
            f"  cost      one bad {one} spends {percent(left.spent_by_one_failure, 3)}, a minute in which all fail "
            + (percent(left.spent_by_one_minute))
        )
    yield f"  measured  {percent(slo.sli, 4)} good, coverage {covered(slo.coverage)}, unmeasured " + (
        duration(slo.unmeasured)
    )
    if left.provisional:
        yield "  provisional: too little is measured for any action to rest on it"
    if slo.without is not None:
        raw = slo.without
        yield f"  without adjustments {percent(raw.remaining)} would be left" + (
            "" if raw.remaining_events is None else f" = {trimmed(raw.remaining_events, 1)} {counts}"
        )


def _window(slo: Slo) -> str:
    bounds = slo.window_bounds
    if bounds.kind == "rolling":
        return duration(slo.window)
    return f"{bounds.length} in {bounds.zone}, {clock(bounds.from_)} to {clock(bounds.to)}"


def _sum(slo: SloDetail, left: BudgetLeft) -> Iterator[str]:
    """All that is in the base, and what of it may be bad: `21,600 judged + 360 unmeasured = 21,960 events`."""
    assert slo.good is not None
    assert slo.bad is not None
    assert left.allowed_events is not None
    share = 1 - slo.objective
    base, judged = left.allowed_events / share, slo.good + slo.bad
    excused, coming = left.excused_events or 0, left.to_come_events or 0
    unmeasured = max(0.0, base - judged - excused - coming)
    parts = [f"{trimmed(judged, 1)} judged"]
    told = ((unmeasured, "unmeasured"), (excused, "excused"), (coming, "still to come"))
    parts += [f"{trimmed(number, 1)} {name}" for number, name in told if round(number, 1)]
    whole = "" if len(parts) == 1 else f" = {trimmed(base, 1)}"
    yield f"  base      {' + '.join(parts)}{whole} {slo.budgeting.counts}"
    yield f"  allowed   {percent(share, 4)} of them = {trimmed(left.allowed_events, 1)}"
    spent = None if left.remaining is None else 1 - left.remaining
    line = f"  spent     {trimmed(slo.bad, 3)} bad"
    if spent is not None and abs(slo.bad / left.allowed_events - spent) > 1e-9:
        line += " and all that is unmeasured"
    yield f"{line} ÷ {trimmed(left.allowed_events, 1)} = {percent(spent)}"


def _interval(left: BudgetLeft) -> str:
    if left.remaining_interval is None:
        return ""
    low, high = left.remaining_interval
    return f" (95 % interval {percent(low)} to {percent(high)})"


def forecast_story(paces: dict[str, Pace]) -> Iterator[str]:
    """One line if nothing is known."""
    known = {name: pace for name, pace in paces.items() if pace.outlook != "unknown"}
    if not known:
        reasons = {pace.reason for pace in paces.values() if pace.reason}
        yield f"Forecast: not known, {', '.join(sorted(reasons)) or 'nothing was measured'}"
        return
    yield "Forecast, if the burn of the last … goes on"
    for name, pace in paces.items():
        yield f"  {name:<4} {_pace(pace)}"


def _pace(pace: Pace) -> str:
    if pace.outlook != "exhausts":
        earliest = pace.earliest_after_seconds
        bad = "" if earliest is None else f"; at the upper end of the burn's interval in {duration(earliest)}"
        return pace.text + (bad if pace.outlook == "not at this pace" else "")
    low, high = pace.earliest_after_seconds, pace.latest_after_seconds
    between = "" if low is None else f" ({duration(low)} to {'never' if high is None else duration(high)})"
    return f"gone {pace.text}{between}"


def adjustments_story(slo: SloDetail) -> Iterator[str]:
    rows = slo.adjustments or []
    if not rows:
        return
    yield "Adjusted"
    for row in rows[:SHOWN]:
        span = f"{clock(row.declared.from_)} to {clock(row.declared.to)}"
        done = row.carried_out
        snapped = "" if done == row.declared else f", carried out {clock(done.from_)} to {clock(done.to)}"
        yield f"  {span}{snapped}"
        yield f"    {row.category} {row.name} by {row.author}: {row.reason} ({row.defined_at})"
    if len(rows) > SHOWN:
        yield f"  and {len(rows) - SHOWN} more"
    for name in slo.adjustments_cut:
        yield f"  {name} comes again so often that its earlier times are not looked at, and count as measured"


def past_story(past: SloHistory) -> Iterator[str]:
    """What separates many blips from one long outage, and whether failures come in bursts."""
    failed = past.failures
    if failed is not None:
        episodes = counted(failed.episodes, "episode")
        yield (
            f"Failures in the window: {episodes}, {trimmed(failed.bad, 3)} bad"
            if failed.episodes
            else ("Failures in the window: none in what is kept")
        )
    worst = [
        f"{name} {trimmed(found.burn, 2)}×" for name, found in past.worst.items() if found and found.burn is not None
    ]
    if worst:
        yield f"  worst burn of any {', '.join(worst)}"
    back = [
        f"above {percent(each.budget_above)} at {clock(each.at)}" for each in past.comes_back if each.bad_rolled_off
    ]
    if back:
        yield f"  if nothing more fails, the budget is {', '.join(back)}"
    ratio = past.bursts.variance_to_mean if past.bursts else None
    if ratio is not None and ratio > BURSTY:
        yield f"  failures come in bursts (variance-to-mean {trimmed(ratio, 1)} in 5m): the intervals are optimistic"
    if past.reason:
        yield f"  the rest is not known: {past.reason}"
