"""What every page carries: the navigation, the clock, the state of the definitions and of the measuring itself; and the
template environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from slo_service.domain.instant import DAY, HOUR, MINUTE, rfc3339
from slo_service.show.ports import CollectorHealth, Live, LoadReport
from slo_service.show.web import words
from slo_service.show.web.charts.svg import clock

SILENT_AFTER = MINUTE  # a collector without success for so long counts as not answering


@dataclass(frozen=True, slots=True)
class Shell:
    section: str
    now_ns: int
    load: LoadReport
    watermark_ns: int | None
    answering: int
    collectors: int
    panel: Markup


def answers(collector: CollectorHealth, now_ns: int) -> bool:
    return (
        not collector.error
        and collector.last_success_ns is not None
        and now_ns - collector.last_success_ns <= SILENT_AFTER
    )


def shell(live: Live, section: str, panel: Callable[[], str] | None = None) -> Shell:
    """`panel` gives trusted markup: the demo's own switches."""
    health, now = live.health(), live.now_ns()
    marks = [status.watermark_ns for status in live.statuses().values() if status.watermark_ns is not None]
    return Shell(
        section=section,
        now_ns=now,
        load=health.load,
        watermark_ns=min(marks, default=None),
        answering=sum(answers(collector, now) for collector in health.collectors),
        collectors=len(health.collectors),
        panel=Markup() if panel is None else Markup(panel()),  # noqa: S704 - written by our own demo, not by users
    )


@pass_context
def when(context: Context, at_ns: int, form: str = "hm") -> Markup:
    """A time element in UTC; the page's script rewrites it in the reader's zone and leaves UTC in the title.

    `form`: hm, hms, day, dhm; auto names the day too when it is not today's, brief then names only the day, and fine
    names the seconds of the last hour."""
    now: Shell = context["shell"]
    today = at_ns // DAY == now.now_ns // DAY
    auto = "hm" if today else "dhm"
    fine = "hms" if abs(now.now_ns - at_ns) < HOUR else auto
    chosen = {"auto": auto, "brief": "hm" if today else "day", "fine": fine, "bare": fine}.get(form, form)
    shown = clock(at_ns, chosen)
    stamp = rfc3339(at_ns)
    if form == "bare":  # in long tables: the script adds the title
        return Markup('<time datetime="{}" data-f="fine">{}</time>').format(stamp, shown)
    title = f"{stamp[:10]} {stamp[11:19]} UTC"
    return Markup('<time datetime="{}" title="{}" data-f="{}">{}</time>').format(stamp, title, form, shown)


@cache
def environment() -> Environment:
    """One for the process: compiled templates are shared."""
    made = Environment(
        loader=PackageLoader("slo_service.show.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: Mapping[str, Callable[..., object]] = {
        "when": when,
        "duration": words.duration,
        "precise": words.precise,
        "target": words.target,
        "window": words.window,
        "count": words.count,
        "yaml": yaml,
    }
    made.filters.update(filters)
    made.globals["plural"] = words.plural
    return made


def yaml(text: str) -> Markup:
    """Keys of the two outermost levels in bold, so that a definition can be read at a glance."""
    lines = []
    for row in text.splitlines():
        key, colon, rest = row.partition(":")
        bold = colon and not row.startswith((" ", "-", "#"))
        lines.append(f"<b>{escape(key)}</b>:{escape(rest)}" if bold else str(escape(row)))
    return Markup("\n".join(lines))  # noqa: S704 - every part is escaped above
