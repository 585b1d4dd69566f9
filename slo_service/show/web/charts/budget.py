"""Budget left over the window, as steps down from 100 %, and the bad share of the last day in small slots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from slo_service.show.web import words
from slo_service.show.web.charts.svg import Axis, dot, joined, line, num, poly, rect, svg, text


@dataclass(frozen=True, slots=True)
class BurnDown:
    """`steps`: (instant, share left after it), oldest first, starting with the whole budget. `now_ns` is the end of
    what is known, `end_ns` that of the window."""

    start_ns: int
    end_ns: int
    now_ns: int
    steps: Sequence[tuple[int, float]]
    left: float
    says: str  # beside the last point
    marks: Sequence[tuple[int, str]]  # (instant, number) of page episodes
    blind: Sequence[tuple[int, int]]
    excluded: Sequence[tuple[int, int]]  # time that does not count
    label: str


def _levels(lowest: float) -> list[int]:
    """From 100 % down in quarters, or coarser once the budget is far overspent."""
    bottom = min(-25, int(lowest * 100) - 1)
    step = next(step for step in (25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 10**6) if (100 - bottom) / step <= 8)
    return list(range(100, bottom - step, -step))


def _draw(chart: BurnDown, width: float, cls: str) -> Markup:
    wide = width > 500
    height, right_room = (300, 96) if wide else (250, 50)
    top, bottom = 38.0, height - 28.0
    across = Axis(chart.start_ns, chart.end_ns, 56.0, width - right_room, right_room)
    levels = _levels(min([chart.left, *(left for _, left in chart.steps)]))
    low = levels[-1]

    def up(share: float) -> float:
        return top + (100 - share * 100) / (100 - low) * (bottom - top)

    body = [rect(across.left, up(0), across.right - across.left, bottom - up(0), "over")]
    body += [
        rect(across.held(start), top, max(1.5, across.held(end) - across.held(start)), bottom - top, cls_)
        for cls_, spans in (("hatch", chart.blind), ("adj", chart.excluded))
        for start, end in spans
    ]
    for level in levels:
        y = up(level / 100)
        body.append(line(across.left, y, across.right, y, "ax" if level == 0 else "g"))
        body.append(text(across.left - 8, y + 4, words.share(level / 100), "t", "end"))
    body += across.labels(height - 8, 8 if wide else 4, bottom)
    body.append(line(across.left, up(1), across.right, up(0), "ideal"))
    points = [(across.left, up(1))]
    for at, left in chart.steps:
        points += [(across.held(at), points[-1][1]), (across.held(at), up(left))]
    here = across.held(chart.now_ns)
    points.append((here, up(chart.left)))
    body.append(poly(points, "data"))
    for at, number in chart.marks:
        x = across.held(at)
        body += [line(x, 26, x, bottom, "chg"), dot(x, 17, 9, "mk"), text(x, 21, number, "mkn", "middle")]
    body.append(dot(here, up(chart.left), 3.5, "dot"))
    body.append(text(here + 9, up(chart.left) - 1, words.share(chart.left), "lab b"))
    if wide:
        body.append(text(here + 9, up(chart.left) + 13, chart.says, "t"))
        body.append(text(across.right + 9, up(0) + 4 + 14 * (abs(up(chart.left) - up(0)) < 20), "ideal 0 %", "t"))
    return svg(width, height, body, chart.label, cls)


def burn_down(chart: BurnDown) -> Markup:
    return joined(_draw(chart, 1296, "wide"), _draw(chart, 358, "narrow"))


@dataclass(frozen=True, slots=True)
class Strip:
    """`slots`: bad share of each slot from `start_ns` on; None was not measured. Nothing is said after `until_ns`."""

    start_ns: int
    end_ns: int
    until_ns: int
    slot_ns: int
    slots: Sequence[float | None]
    full: float  # the bad share drawn at full height
    heavy: float  # above it a slot is drawn red
    label: str


def _strip(strip: Strip, width: float, cls: str) -> Markup:
    across, tall = Axis(strip.start_ns, strip.end_ns, 0.0, width), 34.0
    body = [rect(0, 0, across.held(strip.until_ns), tall, "good")]
    for index, bad in enumerate(strip.slots):
        start = strip.start_ns + index * strip.slot_ns
        if start >= strip.until_ns:
            break
        x, wide = across(start), max(1.2, across.held(start + strip.slot_ns) - across(start))
        if bad is None:
            body.append(f'<rect class="hatch" x="{num(x)}" y="0" width="{num(wide)}" height="{num(tall)}"/>')
        elif bad > 0:
            height = max(3.0, tall * min(1.0, bad / strip.full))
            body.append(rect(x, tall - height, wide - 0.3, height, "badc" if bad > strip.heavy else "latec"))
    body += across.labels(tall + 17, 12 if width > 500 else 4, tall)
    return svg(width, tall + 22, body, strip.label, cls)


def slice_strip(strip: Strip) -> Markup:
    return joined(_strip(strip, 1296, "wide"), _strip(strip, 358, "narrow"))
