"""The windows that are summed: of a length that rolls, or one after another in civil time."""

from __future__ import annotations

from dataclasses import dataclass

from slo_service.domain.budgeting import Calendar
from slo_service.domain.calendar import window_of
from slo_service.domain.instant import DAY, HOUR, MINUTE
from slo_service.domain.slo import Slo

SHOWN_NS = (5 * MINUTE, HOUR, 6 * HOUR, DAY, 3 * DAY)  # of every objective, whatever its tiers


@dataclass(frozen=True, slots=True)
class Window:
    """Ends at the watermark. Of a calendar window `length_ns` is the nominal length, and its start the boundary."""

    length_ns: int
    calendar: Calendar | None = None

    def start_ns(self, watermark_ns: int) -> int:
        """Before it is floored to a slot."""
        if self.calendar is None:
            return watermark_ns - self.length_ns
        return window_of(self.calendar, watermark_ns).from_ns

    def end_ns(self, watermark_ns: int) -> int:
        """Of a calendar window its next boundary, which lies ahead."""
        return watermark_ns if self.calendar is None else window_of(self.calendar, watermark_ns).to_ns

    @property
    def reach_ns(self) -> int:
        """How far back it may go: a month of a calendar is longer than its nominal length, a year of hours as well."""
        return self.length_ns if self.calendar is None else self.length_ns + self.length_ns // 20 + 2 * DAY


def budget_window(slo: Slo) -> Window:
    return Window(slo.window_ns, slo.calendar)
