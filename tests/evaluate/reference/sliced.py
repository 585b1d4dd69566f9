"""Slices of time that are good or bad by themselves, made from the raw counts of all that falls into each."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import assert_never

from slo_service.domain.budgeting import RatioTimeslices, Timeslices
from tests.evaluate.reference.cells import Counts


def slices_of(method: Timeslices | RatioTimeslices, raw: Mapping[int, Counts]) -> dict[int, Counts]:
    """One cell a slice that was looked at. A slice without events was idle, which is good; it has no ratio."""
    sums: dict[int, tuple[int, int]] = {}
    for start, (good, bad, _) in raw.items():
        of = start // method.slice_ns * method.slice_ns
        sums[of] = (sums.get(of, (0, 0))[0] + good, sums.get(of, (0, 0))[1] + bad)
    return {start: (*_verdict(method, good, bad), 1) for start, (good, bad) in sums.items()}


def _verdict(method: Timeslices | RatioTimeslices, good: int, bad: int) -> tuple[int, int]:
    match method:
        case Timeslices():
            met = good + bad == 0 or Fraction(good, good + bad) >= method.target
            return int(met), int(not met)
        case RatioTimeslices():
            if good + bad == 0:
                return 0, 0
            parts = round(Fraction(good, good + bad) * 10**9)  # of a Fraction, half to even
            return parts, 10**9 - parts
        case _:
            assert_never(method)
