"""The few SVG elements the charts are made of. Text is escaped here; everything else is made of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from slo_service.domain.instant import DAY, HOUR, MILLISECOND, MINUTE, SECOND, rfc3339

_STEPS = tuple(
    count * size
    for size, counts in (
        (SECOND, (10, 30)),
        (MINUTE, (1, 2, 5, 10, 20, 30)),
        (HOUR, (1, 2, 4, 6, 12)),
        (DAY, (1, 2, 4, 7, 14)),
    )
    for count in counts
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_WEEKDAYS = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]  # the epoch began on a Thursday


def num(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def text(x: float, y: float, words: str, cls: str = "t", anchor: str = "start") -> str:
    return f'<text x="{num(x)}" y="{num(y)}" class="{cls}" text-anchor="{anchor}">{escape(words)}</text>'


def moment(x: float, y: float, at_ns: int, form: str, anchor: str = "middle") -> str:
    """A time on an axis; the page's script rewrites it in the reader's zone. `form`: hm, hms or day."""
    return (
        f'<text x="{num(x)}" y="{num(y)}" class="t" text-anchor="{anchor}" data-t="{at_ns // MILLISECOND}" '
        f'data-f="{form}">{clock(at_ns, form)}</text>'
    )


def clock(at_ns: int, form: str) -> str:
    """UTC, as the page says without its script."""
    stamp = rfc3339(at_ns)
    if form in {"day", "utcday"}:  # the second stays UTC: its figures are those of a UTC day
        return f"{int(stamp[8:10])} {_MONTHS[int(stamp[5:7]) - 1]}"
    if form == "full":
        weekday = _WEEKDAYS[at_ns // DAY % 7]
        return f"{weekday} {clock(at_ns, 'day')} {stamp[:4]}"
    if form == "dhm":
        return f"{clock(at_ns, 'day')} {stamp[11:16]}"
    return stamp[11:19] if form == "hms" else stamp[11:16]


def line(x1: float, y1: float, x2: float, y2: float, cls: str = "g") -> str:
    return f'<path class="{cls}" d="M{num(x1)} {num(y1)}L{num(x2)} {num(y2)}"/>'


def rect(x: float, y: float, width: float, height: float, cls: str, title: str = "") -> str:
    box = f'class="{cls}" x="{num(x)}" y="{num(y)}" width="{num(max(width, 0))}" height="{num(max(height, 0))}"'
    return f"<rect {box}><title>{escape(title)}</title></rect>" if title else f"<rect {box}/>"


def poly(points: Iterable[tuple[float, float]], cls: str) -> str:
    steps = "L".join(f"{num(x)} {num(y)}" for x, y in points)
    return f'<path class="{cls}" d="M{steps}"/>' if steps else ""


def dot(x: float, y: float, radius: float, cls: str) -> str:
    return f'<circle class="{cls}" cx="{num(x)}" cy="{num(y)}" r="{num(radius)}"/>'


def svg(width: float, height: float, body: Sequence[str], label: str, cls: str = "") -> Markup:
    head = f'<svg class="{cls}" viewBox="0 0 {num(width)} {num(height)}" role="img" aria-label="{escape(label)}">'
    return Markup(head + "".join(body) + "</svg>")  # noqa: S704 - words are escaped above, the rest are numbers


def joined(*drawings: Markup) -> Markup:
    return Markup("").join(drawings)


@dataclass(frozen=True, slots=True)
class Axis:
    """Time across: `start_ns` at `left`, `end_ns` at `right`, beyond which `room` is free."""

    start_ns: int
    end_ns: int
    left: float
    right: float
    room: float = 0

    def __call__(self, at_ns: float) -> float:
        return self.left + (at_ns - self.start_ns) / (self.end_ns - self.start_ns) * (self.right - self.left)

    def held(self, at_ns: float) -> float:
        """The same, kept within the drawing: for spans that began before it."""
        return min(max(self(at_ns), self.left), self.right)

    def step(self, most: int) -> int:
        length = self.end_ns - self.start_ns
        return next((step for step in _STEPS if length / step <= most), _STEPS[-1])

    def ticks(self, most: int) -> list[int]:
        step = self.step(most)
        first = -(-self.start_ns // step) * step
        return list(range(first, self.end_ns + 1, step))

    def form(self, most: int) -> str:
        step = self.step(most)
        return "day" if step >= DAY else "hms" if step < MINUTE else "hm"

    def labels(self, y: float, most: int, tick_y: float | None = None) -> list[str]:
        drawn, form = [], self.form(most)
        for at in self.ticks(most):
            x = self(at)
            anchor = "start" if x < self.left + 14 else "end" if x > self.right + self.room - 18 else "middle"
            if tick_y is not None:
                drawn.append(line(x, tick_y, x, tick_y + 4, "ax"))
            drawn.append(moment(x, y, at, form, anchor))
        return drawn
