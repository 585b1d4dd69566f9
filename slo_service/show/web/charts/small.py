"""The drawings inside table cells: the signed budget bar, the burn whisker and the bars of spend a day."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from markupsafe import Markup

from slo_service.show.web import words
from slo_service.show.web.charts.svg import dot, line, rect, svg

_LOWEST, _HIGHEST = 0.03, 500.0  # of the burn axis, the same in every row
_BURN_WIDTH = 72


def budget_bar(remaining: Fraction | None, interval: tuple[float, float] | None, *, provisional: bool) -> Markup:
    """−25 % to 100 % of the budget on 125 units. What lies further left ends in an arrow; its figure stands beside."""
    body = [rect(0, 8.5, 125, 1, "trk")]
    if remaining is not None:
        end = 25 + 100 * max(-0.25, min(1.0, float(remaining)))
        cls = "prov" if provisional else "neg" if remaining < 0 else "left"
        body.append(rect(min(25, end), 6, abs(end - 25), 6, cls))
        if remaining < Fraction(-1, 4):
            body.append('<path class="neg" d="M6 3L0 9L6 15z"/>')
        if interval is not None:
            low, high = (25 + 100 * max(-0.25, min(1.0, bound)) for bound in interval)
            body.append(line(low, 9, high, 9, "wh"))
    body.append(line(25, 1, 25, 17, "ax0"))
    label = "budget not known yet" if remaining is None else f"{words.share(remaining)} of the budget left"
    return svg(125, 18, body, label, "bar")


def _burn_x(burn: float) -> float:
    low, high = math.log10(_LOWEST), math.log10(_HIGHEST)
    return 2 + (math.log10(min(max(burn, _LOWEST), _HIGHEST)) - low) / (high - low) * (_BURN_WIDTH - 4)


def burn_whisker(burn: Fraction, interval: tuple[float, float] | None, tone: str) -> Markup:
    """Burn of one window on a log axis from 0.03× to 500×; the hairline is 1×."""
    body = [line(_burn_x(1), 1, _burn_x(1), 13, "ax0")]
    label = f"burn {words.times(burn)}"
    if interval is not None:
        body.append(line(_burn_x(interval[0]), 7, _burn_x(interval[1]), 7, f"whisk {tone}"))
        label += f", between {words.span(*interval)}"
    body.append(dot(_burn_x(float(burn)), 7, 3, f"pt {tone}"))
    return svg(_BURN_WIDTH, 14, body, label, "burnw")


def spark(days: Sequence[float | None], tone: str) -> Markup:
    """Share of the budget spent on each day, oldest first; None was not measured. Dotted: one day's even share."""
    if not days:
        return svg(116, 24, [line(0, 23.5, 116, 23.5, "ax0")], "no day measured yet", "spark")
    even, pitch = 1 / len(days), 116 / len(days)
    top = max(6.5 * even, max((day for day in days if day is not None), default=0.0))
    height = 22.0
    body = [
        line(0, 23.5, 116, 23.5, "ax0"),
        line(0, 23.5 - even / top * height, 116, 23.5 - even / top * height, "idlh"),
    ]
    for index, day in enumerate(days):
        x, width = index * pitch, max(pitch - 1, 0.6)
        if day is None:
            body.append(rect(x, 1, width, height, "hatch faint"))
        elif day > 0:
            tall = max(0.8, day / top * height)
            body.append(rect(x, 23 - tall, width, tall, f"sp {tone}" if day > even else "sp"))
    spent = sum(day for day in days if day is not None)
    return svg(116, 24, body, f"spent a day over {len(days)} days, {words.share(spent)} in all", "spark")
