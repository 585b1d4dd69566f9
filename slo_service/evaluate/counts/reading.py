"""One window of one track, read exactly: counts, what is missing from them, coverage and burn rate."""

from __future__ import annotations

from fractions import Fraction

from slo_service.domain.indicator import Basis
from slo_service.domain.instant import floor_to
from slo_service.domain.status import Reading
from slo_service.domain.tally import Objective, Tally
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.counts.track import Sums, Track
from slo_service.evaluate.counts.window import Window

NONE, ALL = Fraction(0), Fraction(1)
JITTER_ROOTS = 9  # three standard deviations and more, squared


def is_jitter(short: Fraction, sources: int) -> bool:
    """Whether a shortfall may come from the random instants of sending alone: at each end of a window a source is off
    by less than one canary, with a variance of 1/6, so that many together stay within 3 √sources."""
    return _is_jitter(short.numerator, short.denominator, sources)


def _is_jitter(short: int, unit: int, sources: int) -> bool:
    return short < sources * unit and (short < 0 or short * short < JITTER_ROOTS * sources * unit * unit)


def read(track: Track, window: Window, objective: Objective) -> Reading:
    """A window that is kept as a running sum, at the track's watermark."""
    watermark = track.watermark_ns
    assert watermark is not None
    start, sums = track.sums(window)
    return _reading(track, window.length_ns, start, sums, objective, watermark)


def read_at(track: Track, window: Window, objective: Objective, watermark_ns: int) -> Reading:
    """Any window at any instant, summed from its slots."""
    if watermark_ns == track.watermark_ns:
        return read(track, window, objective)
    start, sums = track.window(watermark_ns, window)
    return _reading(track, window.length_ns, start, sums, objective, watermark_ns)


def _reading(track: Track, length_ns: int, start: int, sums: Sums, objective: Objective, watermark_ns: int) -> Reading:
    expectation = track.expectation
    if not expectation.known:  # then nothing can be said of what is missing, hence nothing at all
        return Reading(length_ns, Tally(), Fraction(0), Fraction(0), None)
    if track.key.basis is Basis.EVENTS:
        measured = sums.observed if track.key.tells_measured else sums.tally.total
        unmeasured, coverage = _of_events(expectation, start, watermark_ns, measured)
    else:
        unmeasured, coverage = _of_slices(track, start, watermark_ns, sums.observed)
    unit = track.key.budgeting.unit
    return Reading(length_ns, sums.tally, unmeasured, coverage, objective.burn_rate(sums.tally), unit=unit)


def _of_events(expectation: Expectation, start: int, end: int, total: int) -> tuple[Fraction, Fraction]:
    """(unmeasured events, coverage)"""
    expected, unit = expectation.event_course.ratio(start, end)  # in parts of an event, which takes no reduction
    short = expected - total * unit
    if _is_jitter(short, unit, expectation.sources):
        return NONE, ALL if expected else NONE
    return Fraction(short, unit), Fraction(expected - short, expected) if expected else NONE


def _of_slices(track: Track, start: int, end: int, looked: int) -> tuple[Fraction, Fraction]:
    expectation, whole = track.expectation, floor_to(end, track.slice_ns)  # the head's slice is not due before its end
    cells = expectation.cells(start, whole, track.key.cell_ns)
    coverage = min(Fraction(1), looked / cells) if cells and whole > start else Fraction(0)
    return (1 - coverage) * expectation.events(start, whole), coverage
