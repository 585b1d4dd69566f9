"""Sentences with their numbers: what a tier shows, why a rule holds, why something was not done."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import assert_never

from slo_service.decide.condition import firing_measured, of_events, spent_within, tiers_meant
from slo_service.domain.event import Witness
from slo_service.domain.instant import MINUTE, SECOND, format_duration, rfc3339
from slo_service.domain.policy import (
    All,
    AnyOf,
    BudgetRemainingAbove,
    BudgetRemainingBelow,
    BudgetSpentWithin,
    Burning,
    Condition,
    Diagnosed,
    ExhaustedWithin,
    IncidentSpent,
    NoData,
    Not,
    QuietFor,
    Unjudged,
)
from slo_service.domain.slo import Kind
from slo_service.domain.status import Reading, Status, TierState

_UNJUDGED = "not judged by this version, so unknown"


def number(value: Fraction | float) -> str:
    """Two decimals below 10, one below 100, none above; no trailing zeros: 13.44 → 13.4, 1000 → 1000."""
    size = abs(float(value))
    text = f"{float(value):.{2 if size < 10 else 1 if size < 100 else 0}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: Fraction | float) -> str:
    return f"{number(share * 100)} %"


def window(reading: Reading) -> str:
    """`1000× over 5m (30 of 30 bad, coverage 100 %)`; an empty window says so instead of showing a rate."""
    over = f"over {format_duration(reading.length_ns)}"
    if reading.burn is None:
        return f"{over} nothing measured (coverage {percent(reading.coverage)})"
    counts = f"{reading.tally.bad} of {reading.tally.total} bad, coverage {percent(reading.coverage)}"
    return f"{number(reading.burn)}× {over} ({counts})"


def tier_sentence(state: TierState) -> str:
    """One tier with the numbers it goes by, and since when it is frozen if it is."""
    frozen = "" if state.frozen_since_ns is None else f"; frozen since {rfc3339(state.frozen_since_ns)}, not measured"
    verb = "fires" if state.firing else "is quiet"
    if state.burning and not state.firing:
        verb = f"burns and is held back ({state.held_back})" if state.held_back else "burns and does not fire yet"
    return f"{state.tier.name} {verb}: {_numbers(state)}{frozen}"


def _numbers(state: TierState) -> str:
    match state.tier.kind:
        case Kind.BURN:
            return f"burn {window(state.long)} and {window(state.short)}, factor {number(state.factor)}"
        case Kind.PARTITION:
            together = f"all together burn {window(state.long)}"
            if not state.sources:
                return f"no partition's own canaries fail by themselves; {together}"
            failing, fail = listed(state.sources), "fails" if len(state.sources) == 1 else "fail"
            return f"{failing} {fail} for longer than chance explains; {together}"
        case Kind.EARLY:
            more = "more canaries fail" if state.firing else "no more canaries fail"
            return f"{more} than chance explains at the objective; burn {window(state.long)}"
        case Kind.NO_DATA:
            asked = format_duration(state.tier.long_ns)
            if state.firing:
                return f"the collectors have been silent for {asked} and more"
            return f"the collectors have not been silent for {asked}"
        case Kind.COVERAGE:
            covered, length = percent(state.long.coverage), format_duration(state.long.length_ns)
            return f"{covered} of the last {length} was measured"
    assert_never(state.tier.kind)


def listed(names: Sequence[str], most: int = 5) -> str:
    """`a`, `a and b`, `a, b and c`; of many the first ones, and how many there are besides."""
    shown = list(names[:most])
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""


def condition_sentence(condition: Condition, status: Status, now_ns: int) -> str:
    """The condition with the numbers that decide it, whichever way they do."""
    match condition:
        case Burning(what):
            return _burning(what, status)
        case BudgetRemainingBelow(share):
            return f"{_budget(status)}, asked: below {percent(share)}"
        case BudgetRemainingAbove(share):
            return f"{_budget(status)}, asked: above {percent(share)}"
        case NoData(for_ns):
            since = "never" if status.progress_ns is None else rfc3339(status.progress_ns)
            return f"last measured {since}, asked: nothing for {format_duration(for_ns)}"
        case QuietFor(for_ns):
            return _quiet(for_ns, status)
        case All(of):
            return " and ".join(condition_sentence(part, status, now_ns) for part in of)
        case AnyOf(of):
            return " or ".join(condition_sentence(part, status, now_ns) for part in of)
        case Not(of):
            return f"not ({condition_sentence(of, status, now_ns)})"
        case BudgetSpentWithin(share, window_ns):
            return _spent(status, share, window_ns)
        case ExhaustedWithin(within_ns):
            return _lasts(status, within_ns)
        case IncidentSpent() | Diagnosed():
            return f"{_unjudged(condition)}: {_UNJUDGED}"
    assert_never(condition)


def _burning(what: str, status: Status) -> str:
    tiers = firing_measured(what, status) or tiers_meant(what, status)
    return "; ".join(tier_sentence(t) for t in tiers) or f"no tier is called {what}"


def _unjudged(condition: Unjudged) -> str:
    match condition:
        case IncidentSpent(share):
            return f"an incident spent {percent(share)} of the budget"
        case Diagnosed(as_):
            return f"diagnosis {as_}"


def _lasts(status: Status, within_ns: int) -> str:
    found, asked = status.exhaustion, f"asked: spent within {format_duration(within_ns)}, at the latest"
    if found is None or found.reason:
        why = "nobody looked" if found is None else found.reason
        return f"how long the budget lasts is unknown: {why}; {asked}"
    if found.after_ns == 0:
        return f"the budget is spent already; {asked}"
    pace = f"at the burn of the last {format_duration(found.pace_ns)}"
    bounds = f"95 % interval {_span(found.earliest_ns)} to {_span(found.latest_ns)}"
    if found.after_ns is None:
        return f"{pace} the budget is not spent ({bounds}); {asked}"
    return f"{pace} the budget is spent in {_span(found.after_ns)} ({bounds}); {asked}"


def _span(duration_ns: int | None) -> str:
    """In whole minutes, rounded up, and seconds below one."""
    if duration_ns is None:
        return "never"
    step = MINUTE if duration_ns >= MINUTE else SECOND
    return format_duration(-(-duration_ns // step) * step)


def _spent(status: Status, share: Fraction, window_ns: int) -> str:
    asked, found = f"asked: at least {percent(share)}", spent_within(status, window_ns)
    if found is None:
        known = window_ns in status.readings
        why = "there is no budget yet" if known else "that window is not among those that are read"
        return f"spent within {format_duration(window_ns)} unknown: {why}; {asked}"
    reading, provisional = status.readings[window_ns], "; provisional" if status.budget.provisional else ""
    counts = f"{reading.tally.bad} of {reading.tally.total} bad, coverage {percent(reading.coverage)}{provisional}"
    return f"{percent(found[0])} of the budget spent within {format_duration(window_ns)} ({counts}), {asked}"


def signs(condition: Condition, status: Status) -> tuple[TierState, ...]:
    """The tiers beside the declared ones that fire and that the condition speaks of, each to be told in a sentence:
    early and single partitions where it names what burns, silence and too little coverage where it asks for data."""
    match condition:
        case Burning(what):
            return tuple(t for t in tiers_meant(what, status) if t.firing and t.tier.kind is not Kind.BURN)
        case NoData():
            return tuple(t for t in status.signals if t.firing and t.tier.kind.tells_of_measuring)
        case All(of) | AnyOf(of):
            return tuple(dict.fromkeys(sign for part in of for sign in signs(part, status)))
        case _:
            return ()


def witness_sentence(found: Sequence[Witness], needed: int) -> str:
    named = "; ".join(witness.says for witness in found) or "none"
    return f"{len(found)} of {needed} witnesses: {named}"


def lacking_witnesses(found: Sequence[Witness], others: Sequence[Witness], needed: int) -> str:
    """Why it was not done, with what the silent witnesses say."""
    silent = "; ".join(w.says for w in others if w.method not in {f.method for f in found})
    return witness_sentence(found, needed) + (
        f"; the others: {silent}" if silent else "; no other measures this pipeline"
    )


def _budget(status: Status) -> str:
    budget = status.budget
    if budget.remaining is None:
        return "budget unknown: nothing measured"
    tally = budget.reading.tally
    between = ""
    if budget.interval is not None:
        low, high = budget.interval
        between = f", 95 % interval {percent(low)} to {percent(high)}"
    provisional = "; provisional" if budget.provisional else ""
    covered = percent(budget.reading.coverage)
    return (
        f"budget remaining {percent(budget.remaining)} ({tally.bad} of {tally.total} bad, coverage {covered}"
        f"{between}{provisional})"
    )


def _quiet(for_ns: int, status: Status) -> str:
    burned = [t for t in of_events(status) if t.firing or t.last_burned_ns is not None]
    shown = ", ".join(f"{t.tier.name} {format_duration(t.quiet_ns // SECOND * SECOND)}" for t in burned)
    return f"measured quiet: {shown or 'no tier ever burned'}; asked: {format_duration(for_ns)}"
