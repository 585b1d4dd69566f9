"""Counts of one stream in slots of three widths, and sums over windows of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND, floor_to
from slo_service.domain.tally import Tally

MIDDLE_NS = MINUTE
COARSE_NS = 15 * MINUTE
FINE_REACH_NS = 6 * HOUR  # windows up to here sum fine slots, up to MIDDLE_REACH_NS middle ones, beyond it coarse ones
MIDDLE_REACH_NS = 3 * DAY
SLACK_NS = 30 * MINUTE  # kept beyond a ring's longest window, since a watermark lies behind now by the horizon


@dataclass(frozen=True, slots=True)
class Sums:
    """Over one window: judged events, and how many cells were looked at."""

    tally: Tally
    observed: int


class Ring:
    """The newest `reach_ns` of a stream in slots of one width. Slots outside of it are gone and add to nothing."""

    def __init__(self, width_ns: int, reach_ns: int) -> None:
        self.width_ns = width_ns
        self._slots = -(-(reach_ns + SLACK_NS) // width_ns) + 1
        self._counts: npt.NDArray[np.int64] = np.zeros((3, self._slots), np.int64)
        self._newest: int | None = None  # absolute number of the newest slot

    def add(self, at_ns: int, good: int, bad: int, observed: int) -> None:
        """Adds a difference to the slot that contains the instant; a slot older than the ring is left alone."""
        slot = at_ns // self.width_ns
        self._advance(slot)
        if self._newest is not None and slot > self._newest - self._slots:
            self._counts[:, slot % self._slots] += (good, bad, observed)

    def sum(self, start_ns: int, end_ns: int) -> Sums:
        """Sums the slots from the one containing `start_ns` up to, and with, the one containing `end_ns - 1`."""
        if self._newest is None or end_ns <= start_ns:
            return Sums(Tally(), 0)
        first = max(start_ns // self.width_ns, self._newest - self._slots + 1)
        last = min((end_ns - 1) // self.width_ns, self._newest)
        if last < first:
            return Sums(Tally(), 0)
        low, high = first % self._slots, last % self._slots
        if low <= high:
            total = self._counts[:, low : high + 1].sum(axis=1)
        else:
            total = self._counts[:, low:].sum(axis=1) + self._counts[:, : high + 1].sum(axis=1)
        return Sums(Tally(int(total[0]), int(total[1])), int(total[2]))

    def bad_slots(self, start_ns: int, end_ns: int) -> list[int]:
        """Starts of the kept slots in the range that hold a bad event, oldest first."""
        if self._newest is None:
            return []
        first = max(start_ns // self.width_ns, self._newest - self._slots + 1)
        last = min((end_ns - 1) // self.width_ns, self._newest)
        numbers = np.arange(first, last + 1)
        found = numbers[self._counts[1, numbers % self._slots] > 0]
        return [int(number) * self.width_ns for number in found]

    def _advance(self, slot: int) -> None:
        if self._newest is None:
            self._newest = slot
        while self._newest < slot:
            if slot - self._newest >= self._slots:
                self._counts[:] = 0
                self._newest = slot
                return
            self._newest += 1
            self._counts[:, self._newest % self._slots] = 0


class Rings:
    """All of one stream: fine slots of the slice width, middle ones of a minute, coarse ones of 15 minutes."""

    def __init__(self, slice_width_ns: int = 10 * SECOND, longest_window_ns: int = 30 * DAY) -> None:
        self.fine = Ring(slice_width_ns, FINE_REACH_NS)
        self.middle = Ring(max(MIDDLE_NS, slice_width_ns), MIDDLE_REACH_NS)
        self.coarse = Ring(max(COARSE_NS, slice_width_ns), longest_window_ns + COARSE_NS)

    def add(self, slice_start_ns: int, good: int, bad: int, observed: int) -> None:
        for ring in (self.fine, self.middle, self.coarse):
            ring.add(slice_start_ns, good, bad, observed)

    def ring_for(self, length_ns: int) -> Ring:
        if length_ns <= FINE_REACH_NS:
            return self.fine
        return self.middle if length_ns <= MIDDLE_REACH_NS else self.coarse

    def window(self, watermark_ns: int, length_ns: int) -> tuple[int, Sums]:
        """(start, sums) of the window of this length that ends at the watermark: its head is exact to the tick, since
        what is counted lies before the watermark; its tail is the start of the slot that contains it."""
        ring = self.ring_for(length_ns)
        start = floor_to(watermark_ns - length_ns, ring.width_ns)
        return start, ring.sum(start, max(watermark_ns, start + 1))
