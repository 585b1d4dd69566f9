"""The partition strip: one row a partition, time across, the shade is the age of the oldest canary under way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from slo_service.domain.instant import MINUTE, SECOND
from slo_service.show.web import words
from slo_service.show.web.charts.svg import Axis, joined, rect, svg, text

_ROW, _PITCH = 18, 20


@dataclass(frozen=True, slots=True)
class Heat:
    """`rows`: partition and the age at each step, None where nothing was measured."""

    start_ns: int
    step_ns: int
    rows: Sequence[tuple[int, Sequence[int | None]]]
    threshold_ns: int | None

    @property
    def end_ns(self) -> int:
        return self.start_ns + self.step_ns * max((len(ages) for _, ages in self.rows), default=1)

    @property
    def limits(self) -> tuple[int, ...]:
        """Four greys up to the threshold, then three colours."""
        within = self.threshold_ns or 30 * SECOND
        return (
            within // 15,
            within // 6,
            within // 3,
            within,
            max(4 * within, 2 * MINUTE),
            max(20 * within, 10 * MINUTE),
        )

    def shade(self, age_ns: int | None) -> str:
        return "hatch" if age_ns is None else f"h{sum(age_ns > limit for limit in self.limits)}"


def _draw(heat: Heat, width: float, cls: str, label: str) -> Markup:
    across = Axis(heat.start_ns, heat.end_ns, 56.0, width - 12.0)
    body = []
    for row, (partition, ages) in enumerate(heat.rows):
        y, index = row * _PITCH, 0
        for shade, run in groupby(ages, heat.shade):
            held = list(run)
            start = heat.start_ns + index * heat.step_ns
            x, end = across(start), across(start + len(held) * heat.step_ns)
            oldest = max((age for age in held if age is not None), default=None)
            words_ = "unmeasured" if oldest is None else words.duration(oldest)
            body.append(rect(x, y, end - x - 0.4, _ROW, shade, f"p{partition}, {words_}"))
            if shade == "h6" and end - x > 60:
                body.append(text((x + end) / 2, y + 13, words_, "onred", "middle"))
            index += len(held)
        body.append(text(48, y + 13, f"p{partition}", "t", "end"))
    body += across.labels(len(heat.rows) * _PITCH + 14, 10 if width > 500 else 4)
    return svg(width, len(heat.rows) * _PITCH + 20, body, label, cls)


def heat_strip(heat: Heat, label: str) -> Markup:
    return joined(_draw(heat, 1296, "wide", label), _draw(heat, 358, "narrow", label))


def ramp(heat: Heat) -> Markup:
    """The shades and what they mean."""
    names = [*(words.duration(limit) for limit in heat.limits), "more"]
    body = []
    for index, name in enumerate(names):
        x = index * 46 + (4 if index > 3 else 0)
        body.append(rect(x, 0, 45, 12, f"h{index}"))
        body.append(text(x + 22, 25, f"< {name}" if index == 0 else name, "t", "middle"))
    return svg(330, 28, body, f"Shades by age: {', '.join(names)}; coloured beyond the threshold", "ramp")
