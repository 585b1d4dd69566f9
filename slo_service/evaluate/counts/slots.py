"""How finely time is kept: three widths of slots, and how far back the two finer ones reach."""

from __future__ import annotations

from dataclasses import dataclass

from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND

SLACK_NS = 30 * MINUTE  # kept beyond the longest window, for a watermark that is held back, and as much ahead of it


@dataclass(frozen=True, slots=True)
class Slots:
    """Windows up to `fine_reach_ns` have tails that move by `fine_ns`, those up to `middle_reach_ns` by `middle_ns`,
    longer ones by `coarse_ns`. Each width is a multiple of the finer one."""

    fine_ns: int = 10 * SECOND
    middle_ns: int = MINUTE
    coarse_ns: int = 15 * MINUTE
    fine_reach_ns: int = 6 * HOUR
    middle_reach_ns: int = 3 * DAY

    @classmethod
    def of_width(cls, slice_width_ns: int) -> Slots:
        """For cells of this width; a slice is never split."""
        return cls(slice_width_ns, max(MINUTE, slice_width_ns), max(15 * MINUTE, slice_width_ns))

    @classmethod
    def every(cls, tick_ns: int, longest_alert_window_ns: int) -> Slots:
        """One tick wide for all alert windows, so that a tail is as exact as a head."""
        coarse = -(-15 * MINUTE // tick_ns) * tick_ns
        return cls(tick_ns, tick_ns, coarse, longest_alert_window_ns, longest_alert_window_ns)

    def width_for(self, length_ns: int) -> int:
        if length_ns <= self.fine_reach_ns:
            return self.fine_ns
        return self.middle_ns if length_ns <= self.middle_reach_ns else self.coarse_ns


def stored_width(width_ns: int) -> int:
    """The width of the stored rows (cells, 1 min, 15 min) that slots of this width are read from: the widest that goes
    into it. Where slots are as wide as slices, a slice is one cell, and so one row, that starts with its slot."""
    if width_ns % (15 * MINUTE) == 0:
        return 15 * MINUTE
    if width_ns % MINUTE == 0:
        return MINUTE
    return min(width_ns, 10 * SECOND)
