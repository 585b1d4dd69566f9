"""Slices of time that are good or bad by themselves, made from the raw counts of all that falls into each."""

from __future__ import annotations

from fractions import Fraction
from typing import assert_never

from slo_service.domain.budgeting import RatioTimeslices, Timeslices


def verdict(method: Timeslices | RatioTimeslices, good: int, bad: int) -> tuple[int, int]:
    """What a slice that was looked at counts. One without events was idle, which is good; it has no ratio."""
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
