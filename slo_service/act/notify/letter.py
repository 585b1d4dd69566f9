"""Messages in words. Scope first, then what we did; technical detail below the fold. Templates say only what the facts
of the message hold, which were frozen at the decision."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateError, select_autoescape

from slo_service.act.ports import Letter
from slo_service.domain.event import Message
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND, format_duration

TEMPLATES = ("burning", "all_clear")
LONGEST_SUBJECT = 200


class Unreadable(Exception):
    """The message cannot be put into words: no such template, or a fact it needs is missing."""


def render(message: Message, channel: int, url: str) -> Letter:
    """The letter for one channel of the contact; `url` is the address of our own pages, without a slash at its end."""
    if message.template not in TEMPLATES:
        raise Unreadable(f"no template is called {message.template}; there are {', '.join(TEMPLATES)}")
    facts = dict(message.facts)
    slo, decision = str(facts.get("slo", "")), str(facts.get("decision", ""))
    links = {
        "page": f"{url}/slos/{quote(slo, safe='')}",
        "pipeline_page": f"{url}/pipelines/{quote(str(facts.get('pipeline', '')), safe='')}",
        "why": f"slo explain {decision}",
    }
    try:
        text, html = (
            _ENVIRONMENT.get_template(f"{message.template}.{kind}").render(**facts, **links, subject=message.subject)
            for kind in ("txt", "html")
        )
    except TemplateError as error:
        raise Unreadable(f"the template {message.template} failed: {error.message}") from error
    plain = json.loads(json.dumps(facts))
    return Letter(f"{message.id}.{channel}", _one_line(message.subject), text.strip() + "\n", html, plain | links)


def clock(instant_ns: int, today_ns: int) -> str:
    """`10:02 UTC`, with the day when it is not the message's own."""
    moment = datetime.fromtimestamp(instant_ns // SECOND, UTC)
    time = f"{moment:%H:%M} UTC"
    if instant_ns // DAY == today_ns // DAY:
        return time
    return f"{moment.day} {moment:%B} {time}"


def span(duration_ns: int) -> str:
    """`30 days`, `5 min`, `30 s`; mixed lengths as they are written in definitions."""
    for unit_ns, word in ((DAY, "days"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")):
        if duration_ns and duration_ns % unit_ns == 0:
            return f"{duration_ns // unit_ns} {word}"
    return format_duration(duration_ns)


def share(value: float) -> str:
    """Two significant digits are what a reader keeps: 0.0213 → 2.1 %, 1 → 100 %; a sliver is not rounded to nothing."""
    percent = value * 100
    if 0 < abs(percent) < 0.01:
        return "under 0.01 %"
    digits = 0 if abs(percent) >= 10 or percent == round(percent) else (1 if abs(percent) >= 1 else 2)
    return f"{percent:.{digits}f} %".replace("-", "−")


def minutes(value: float) -> str:
    if abs(value) >= 10:
        return f"{value:.0f} min"
    return f"{value * 60:.0f} s" if abs(value) < 1 else f"{value:.1f} min"


def listed(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def _one_line(subject: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in subject).split())[:LONGEST_SUBJECT]


def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("slo_service.act.notify", "templates"),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(clock=clock, share=share, minutes=minutes, listed=listed, duration=span)
    return found


_ENVIRONMENT = _environment()
