"""Numbers, shares and durations as people say them: `38 % of 40 min spent`, `24 min 30 s`, `118×`. Rounding happens
here and nowhere earlier; a narrow no-break space stands between a number and its unit."""

from __future__ import annotations

import math
from fractions import Fraction

from slo_service.domain.indicator import (
    Basis,
    Comparison,
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
from slo_service.domain.instant import DAY, HOUR, MILLISECOND, MINUTE, SECOND

THIN = "\u202f"
MINUS = "\u2212"
NONE = "–"


def unit(number: str, name: str) -> str:
    return f"{number}{THIN}{name}"


def count(number: float | Fraction) -> str:
    """Thousands by comma; below ten with one decimal when it is no whole number: `1,452`, `0.4`."""
    value = float(number)
    text = f"{abs(value):,.1f}" if abs(value) < 10 and value != int(value) else f"{abs(round(value)):,}"
    return MINUS + text if value < 0 and text.strip("0.,") else text


def plural(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def duration(duration_ns: int) -> str:
    """At most two units: `40 ms`, `2.9 s`, `12 s`, `24 min 30 s`, `2 h 5 min`, `3 d 4 h`."""
    if duration_ns < 0:
        return MINUS + duration(-duration_ns)
    if duration_ns == 0:
        return unit("0", "s")
    if duration_ns < 100 * MILLISECOND:
        return unit(f"{max(1, round(duration_ns / MILLISECOND))}", "ms")
    if duration_ns < 9_950 * MILLISECOND:
        return unit(f"{duration_ns / SECOND:.1f}".removesuffix(".0"), "s")
    for size, name, small, small_name in (
        (DAY, "d", HOUR, "h"),
        (HOUR, "h", MINUTE, "min"),
        (MINUTE, "min", SECOND, "s"),
    ):
        rounded = (duration_ns + small // 2) // small * small
        if rounded >= size:
            rest = rounded % size // small
            head = unit(f"{rounded // size}", name)
            return f"{head} {unit(str(rest), small_name)}" if rest else head
    return unit(f"{round(duration_ns / SECOND)}", "s")


def window(length_ns: int) -> str:
    """A declared window: `28 days`, `6 h`, `5 min`."""
    if length_ns % DAY == 0 and length_ns >= 2 * DAY:
        return unit(f"{length_ns // DAY}", "days")
    return duration(length_ns)


def _sized(duration_ns: int) -> tuple[int, str]:
    sizes = ((DAY, "d", 2 * DAY), (HOUR, "h", HOUR), (MINUTE, "min", MINUTE))
    return next(((size, name) for size, name, least in sizes if duration_ns >= least), (SECOND, "s"))


def roughly(duration_ns: int) -> str:
    """One unit, with a decimal below ten: `3.5 h`, `12 d`, `40 min`."""
    size, name = _sized(duration_ns)
    return unit(_tenth(duration_ns / size), name)


def rough_span(low_ns: int, high_ns: int) -> str:
    """`3–9 h`, `40 min–2 h`."""
    first, last = roughly(low_ns), roughly(high_ns)
    if first == last:
        return first
    number, _, name = first.rpartition(THIN)
    return f"{number}–{last}" if last.endswith(THIN + name) else f"{first}–{last}"


def _tenth(value: float) -> str:
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")


def outage(minutes: float) -> str:
    """Minutes of total outage: `25 min`, `6.7 h`, `−39 min`."""
    size = abs(minutes)
    sign = MINUS if minutes < 0 and round(size, 1) else ""
    if size >= 600:
        return sign + unit(f"{size / 60:.0f}", "h")
    if size >= 240:
        return sign + unit(f"{size / 60:.1f}", "h")
    return sign + unit(f"{size:.1f}" if 0 < size < 10 and round(size, 1) != round(size) else f"{size:.0f}", "min")


def part_of(part: float, whole: float) -> str:
    """Of minutes: `25 of 40 min`, `33 min of 6.7 h`."""
    first, last = outage(part), outage(whole)
    number, _, name = first.rpartition(THIN)
    return f"{number} of {last}" if last.endswith(THIN + name) else f"{first} of {last}"


def share(value: Fraction | float, decimals: int = 0) -> str:
    """A signed percentage, `−18 %`. What is not exactly 0 or 1 is never written as 0 % or 100 %."""
    percent = float(value) * 100
    text = f"{abs(percent):.{decimals}f}"
    exact = Fraction(value)
    step = 0.1**decimals
    if 0 < abs(exact) < 1 and float(text) == 0:
        return unit(f"{'>' if exact < 0 else '<'}{THIN}{MINUS if exact < 0 else ''}{step:.{decimals}f}", "%")
    if 0 < exact < 1 and float(text) == 100:
        text = f"{100 - step:.{decimals}f}"
    return unit((MINUS if exact < 0 and float(text) else "") + text, "%")


def precise(value: Fraction) -> str:
    """A share close to 1 with two figures of what is missing: `99.962 %`, `99.9 %`; 100 % only when it is."""
    if value in (0, 1):
        return unit(f"{int(value) * 100}", "%")
    missing = float(1 - value) * 100
    decimals = min(6, max(0, 1 - math.floor(math.log10(missing)))) if missing < 50 else 1
    text = f"{float(value) * 100:.{decimals}f}"
    if float(text) == 100:
        return f">{THIN}" + unit(f"{100 - 10**-decimals:.{decimals}f}", "%")
    return unit(text.rstrip("0").rstrip(".") if "." in text else text, "%")


def coverage(value: Fraction) -> str:
    """Floored to a tenth, so that 99.96 % measured is not called everything."""
    if value >= 1:
        return unit("100", "%")
    if 0 < value < Fraction(1, 1000):
        return f"<{THIN}" + unit("0.1", "%")
    return unit(f"{math.floor(value * 1000) / 10:.1f}".removesuffix(".0"), "%")


def times(value: Fraction | float) -> str:
    """A burn rate with about three figures: `118×`, `19.7×`, `0.05×`."""
    return figure(float(value)) + "×"


def figure(value: float) -> str:
    if value == 0:
        return "0"
    if value < 0.005:
        return "<" + THIN + "0.01"
    decimals = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def span(low: float, high: float, suffix: str = "×") -> str:
    """A range: `105–132×`; one number when both ends read alike."""
    first, last = figure(low) if low >= 0.005 else "0", figure(high)
    return f"{first}{suffix}" if first == last else f"{first}–{last}{suffix}"


def target(indicator: Indicator) -> str:
    """What a good event does: `within 30 s`."""
    match indicator:
        case Freshness():
            return f"within {duration(indicator.within_ns)}"
        case Completeness():
            return f"by {duration(indicator.by_ns)}"
        case Duplicates():
            return "seen once"
        case Intake():
            return "acknowledged"
        case Lag():
            return f"at most {duration(indicator.within_ns)}"
        case Ratio():
            return f"good, by {indicator.metric.source}"
        case Threshold():
            return f"{_COMPARED[indicator.op]} {float(indicator.value):g}, by {indicator.metric.source}"
        case Composite():
            return f"of {plural(len(indicator.members), 'indicator')} as one"


_COMPARED = {
    Comparison.LT: "below",
    Comparison.LTE: "at most",
    Comparison.GT: "above",
    Comparison.GTE: "at least",
}


def events(indicator: Indicator) -> str:
    """What is counted."""
    if isinstance(indicator, Duplicates):
        return "sightings"
    if isinstance(indicator, Intake):
        return "sends"
    if isinstance(indicator, Ratio | Threshold | Composite):
        return "events"
    return "slices" if indicator.basis is Basis.SLICES else "canaries"


def listing(names: list[str], most: int = 3) -> str:
    """`a`, `a and b`, `a, b and 2 more`."""
    shown = names[:most]
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)
