"""The figures at the head of an objective: what is promised, measured, left, to come, and how much of it was seen."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from slo_service.domain.budgeting import Occurrences
from slo_service.domain.instant import HOUR
from slo_service.domain.slo import Slo
from slo_service.domain.status import Status
from slo_service.evaluate.outlook.cost import balance
from slo_service.evaluate.outlook.forecast import Forecast, Outlook, Pace
from slo_service.show.counted import is_composed, unit_of
from slo_service.show.web import words
from slo_service.show.web.view.period import in_period


@dataclass(frozen=True, slots=True)
class Tile:
    name: str
    value: str
    small: str
    says: str


def tiles(slo: Slo, status: Status | None, foreseen: Forecast | None = None) -> tuple[Tile, ...]:
    aim = Tile(
        "Objective",
        words.precise(slo.objective.target),
        "",
        f"{words.target(slo.indicator)}, {in_period(slo, status)}",
    )
    if status is None:
        return (aim,)
    coverage = status.budget.reading.coverage
    provisional = status.budget.provisional and status.budget.remaining is not None
    seen = Tile(
        "Coverage",
        words.coverage(coverage),
        "provisional" if provisional else "",
        f"{words.duration(status.budget.reading.unmeasured_ns)} of {words.window(slo.window_ns)} unmeasured",
    )
    ahead = (_ahead(foreseen),) if foreseen else ()
    return (aim, _measured(slo, status), _left(slo, status), *ahead, seen)


def counted(slo: Slo) -> str:
    """What the budget counts: `canaries`, `slices of 5 min`."""
    if isinstance(slo.budgeting, Occurrences):
        return words.events(slo.indicator)
    return f"slices of {words.duration(slo.budgeting.slice_ns)}"


def _measured(slo: Slo, status: Status) -> Tile:
    reading, unit = status.budget.reading, unit_of(slo)
    small = ""
    if reading.interval is not None:
        low, high = (1 - bound * float(slo.objective.budget) for bound in reversed(reading.interval))
        small = f"{max(low, 0) * 100:.3f}–{min(high, 1) * 100:.3f}"
    bad, total = (words.count(Fraction(n, unit)) for n in (reading.tally.bad, reading.tally.total))
    says = f"{bad} bad of {total} {counted(slo)}"
    return Tile("Measured", words.NONE if status.sli is None else words.precise(status.sli), small, says)


def _left(slo: Slo, status: Status) -> Tile:
    left = balance(slo, status.budget)
    if left.share is None or left.minutes is None:
        return Tile("Budget left", words.NONE, "", "nothing measured or expected yet")
    whole = words.outage(float(slo.objective.budget * slo.window_ns) / 60e9)
    small = ""
    if left.share_interval is not None and not is_composed(slo):
        low, high = (round(bound * 100) for bound in left.share_interval)
        small = f"{low}–{high}".replace("-", words.MINUS) if low != high else ""
    minutes, events = float(left.minutes), left.events if status.budget.allowed_events else None
    if left.share < 0:
        more = "" if events is None else f" or {words.count(-events)} {counted(slo)}"
        says = f"{words.outage(-minutes)}{more} more than the budget of {whole}"
    else:
        more = "" if events is None else f" or {words.count(int(events))} {counted(slo)}"
        says = f"{words.share(1 - left.share)} of {whole} spent; {words.outage(minutes)} of total outage{more} left"
    return Tile("Budget left", words.share(left.share), small, says + _price(slo, status))


def _price(slo: Slo, status: Status) -> str:
    """What one failure costs: `; one failed canary costs 0.41 %`."""
    price = balance(slo, status.budget).price
    if price is None or is_composed(slo):
        return ""
    one = counted(slo)
    one = {"canaries": "failed canary", "slices": "bad slice", "sends": "failed send", "sightings": "repeat"}.get(
        one, "bad event" if isinstance(slo.budgeting, Occurrences) else f"bad slice{one.removeprefix('slices')}"
    )
    decimals = 2 if price.one_failure < Fraction(1, 10) else 0
    return f"; one {one} costs {words.share(price.one_failure, decimals)}"


def _ahead(foreseen: Forecast) -> Tile:
    """The pace of the last hour first; the longer ones after it."""
    first, *others = foreseen.paces
    if first.outlook in (Outlook.EXHAUSTED, Outlook.UNKNOWN):
        return Tile("Budget gone in", _headline(first), "", sentence(first))
    later = "; ".join(f"of {words.window(pace.length_ns)}: {_in_short(pace)}" for pace in others)
    return Tile("Budget gone in", _headline(first), "", f"{sentence(first)}; {later}")


def _headline(pace: Pace) -> str:
    match pace.outlook:
        case Outlook.EXHAUSTS:
            return words.roughly(pace.after_ns or 0)
        case Outlook.EXHAUSTED:
            return "gone"
        case Outlook.NOT_AT_THIS_PACE:
            return "not at this pace"
        case Outlook.UNKNOWN:
            return words.NONE


def _between(pace: Pace) -> str:
    """` (3–9 h)`; open at the end where the slowest likely pace never spends it."""
    if pace.earliest_ns is None:
        return ""
    if pace.latest_ns is None:
        return f" ({words.roughly(pace.earliest_ns)} or later)"
    return f" ({words.rough_span(pace.earliest_ns, pace.latest_ns)})"


def sentence(pace: Pace) -> str:
    """`At the pace of the last hour the budget is gone in 5 h (3–9 h)`."""
    last = "hour" if pace.length_ns == HOUR else words.window(pace.length_ns)
    start = f"At the pace of the last {last} the budget is "
    match pace.outlook:
        case Outlook.EXHAUSTS:
            earliest = " at the earliest" if pace.at_least else ""
            return f"{start}gone in {words.roughly(pace.after_ns or 0)}{_between(pace)}{earliest}"
        case Outlook.EXHAUSTED:
            return "Nothing is left to spend"
        case Outlook.NOT_AT_THIS_PACE:
            return f"{start}not spent{_if_worse(pace)}"
        case Outlook.UNKNOWN:
            return f"Not known: {pace.reason}"


def _if_worse(pace: Pace) -> str:
    return "" if pace.earliest_ns is None else f"; were it as bad as it may be, in {words.roughly(pace.earliest_ns)}"


def _in_short(pace: Pace) -> str:
    match pace.outlook:
        case Outlook.EXHAUSTS:
            return f"in {words.roughly(pace.after_ns or 0)}" + (" at the earliest" if pace.at_least else "")
        case Outlook.EXHAUSTED:
            return "gone"
        case Outlook.NOT_AT_THIS_PACE:
            return "not at this pace"
        case Outlook.UNKNOWN:
            return "not known"
