"""The words of a series: `10m-22m: 50% bad`, and of a consumer group's age: `10m-22m: stalled`."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

from slo_service.definitions.finding import Mark, quoted
from slo_service.definitions.node import Node
from slo_service.domain.instant import DAY, format_duration, parse_duration
from slo_service.rehearse.case import Age, Behind
from slo_service.rehearse.segment import Flow, Look, Segment

LONGEST_NS = 400 * DAY
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
_SPAN = re.compile(r"([^-\s]+)\s*-\s*([^-\s]*)")
_RATE = re.compile(rf"({_NUMBER})/([smh])")
_MEASURED = re.compile(
    rf"(?:(?P<word>good|bad)|(?P<percent>{_NUMBER})% bad|(?P<some>[0-9]{{1,9}})(?: of (?P<of>[0-9]{{1,9}}))? bad)"
    rf"(?: at (?P<rate>{_NUMBER}/[smh]))?"
)
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_SAYS = "write good, bad, 50% bad, 3 of 60 bad, 3 bad, idle or unmeasured; the first five may end with `at 2/s`"
_BEHIND = re.compile(r"(\S+) behind")
T = TypeVar("T", Segment, Behind)


def spans(node: Node, end_ns: int, read: Callable[[Node, int, int, Mark], T | None]) -> tuple[T, ...]:
    """The stretches of a mapping from spans of time to words, in order; one word alone holds from the start on."""
    found: list[T] = []
    if node.written:
        whole = read(node, 0, end_ns, node.mark)
        return (whole,) if whole else ()
    for text, (mark, tree) in node.entries().items():
        value = Node(tree, node.subpath(text), node.notes)
        span = _span(text, mark, end_ns, node)
        if span is not None and (stretch := read(value, *span, mark)) is not None:
            found.append(stretch)
    return tuple(sorted(found, key=lambda stretch: stretch.start_ns))


def _span(text: str, mark: Mark, end_ns: int, node: Node) -> tuple[int, int] | None:
    """(start, end) of `10m-22m`, or of `10m-`, which lasts to the last expectation."""
    written = _SPAN.fullmatch(text.strip())
    try:
        if written is None:
            raise ValueError
        start = _instant(written[1])
        end = _instant(written[2]) if written[2] else max(end_ns, start + 1)
    except ValueError:
        remedy = "write one like 10m-22m, both counted from the start, or 10m- for all that follows"
        node.notes.add(mark, "E204", f"{quoted(text)} is not a span of time", remedy)
        return None
    if end <= start or end > LONGEST_NS:
        what = f"the span {text} ends before it begins" if end <= start else f"the span {text} is too long"
        node.notes.add(mark, "E207", what, "write the earlier instant first, both counted from the start")
        return None
    if start >= end_ns:
        last = format_duration(end_ns)
        what = f"{text} begins when nobody looks any more: the last expectation is at {last}"
        node.notes.add(mark, "E207", what, "add an expectation that comes later, or remove it")
        return None
    return start, end


def _instant(text: str) -> int:
    return 0 if text == "0" else parse_duration(text)


def measured(flow: Flow) -> Callable[[Node, int, int, Mark], Segment | None]:
    """Reads what one stretch of a series says; `flow` is how its events come where nothing else is written."""

    def read(node: Node, start_ns: int, end_ns: int, mark: Mark) -> Segment | None:
        text = " ".join(node.written.split())
        if text in ("idle", "unmeasured"):
            return Segment(start_ns, end_ns, Look(text), Fraction(0), None, mark)
        words = _MEASURED.fullmatch(text)
        if words is None:
            node.fault("E208", f"{quoted(node.written)} does not say what was measured", _SAYS)
            return None
        rate = rate_of(words["rate"]) if words["rate"] else None
        draft = Segment(start_ns, end_ns, Look.MEASURED, Fraction(words["word"] == "bad"), rate, mark)
        return draft if words["word"] else _shared(node, draft, words, flow.events(draft))

    return read


def _shared(node: Node, draft: Segment, words: re.Match[str], events: int) -> Segment | None:
    """The segment with its share of bad events, which must be a whole number of them."""
    span = f"{events} event{'' if events == 1 else 's'} from {format_duration(draft.start_ns)} to " + (
        format_duration(draft.end_ns)
    )
    of = int(words["of"]) if words["of"] else None
    if words["percent"]:
        share = Fraction(words["percent"]) / 100
    elif of == 0:
        node.fault("E207", "nothing is some of 0", _SAYS)
        return None
    else:
        share = Fraction(int(words["some"]), of or events) if of or events else Fraction(2)
    if share > 1:
        node.fault("E207", f"{quoted(node.written)} is more than there are: {span}", "write a smaller number, or bad")
        return None
    bad = share * events
    if bad.denominator != 1:
        low = int(bad)
        what = f"{words['percent']}%" if words["percent"] else f"{words['some']} of {words['of']}"
        remedy = f"write {low} bad or {low + 1} bad, or another span"
        node.fault("E207", f"{what} of the {span} is {float(bad):.6g}, which is no whole number", remedy)
        return None
    return Segment(draft.start_ns, draft.end_ns, draft.look, share, draft.rate, draft.mark)


def rate_of(text: str) -> Fraction | None:
    """Events a second of `2/s`, `30/m` or `0.5/h`; None for anything else and for none at all."""
    words = _RATE.fullmatch(text)
    rate = Fraction(words[1]) / _SECONDS[words[2]] if words else Fraction(0)
    return rate or None


def behind(node: Node, start_ns: int, end_ns: int, mark: Mark) -> Behind | None:
    """Reads how far a consumer group is behind over one stretch."""
    text = " ".join(node.written.split())
    if text == "in time":
        return Behind(start_ns, end_ns, Age.KNOWN, 0, mark)
    if text in ("stalled", "unknown"):
        return Behind(start_ns, end_ns, Age(text), 0, mark)
    if words := _BEHIND.fullmatch(text):
        try:
            return Behind(start_ns, end_ns, Age.KNOWN, parse_duration(words[1]), mark)
        except ValueError as error:
            what, _, remedy = str(error).partition("; ")
            node.fault("E204", what, remedy or "write one like 90s behind")
            return None
    remedy = "write in time, stalled (a second more each second), 90s behind, or unknown"
    node.fault("E208", f"{quoted(node.written)} does not say how far the group is behind", remedy)
    return None


def refuse_overlaps(node: Node, stretches: tuple[T, ...]) -> None:
    for before, after in pairwise(stretches):
        if after.start_ns >= before.end_ns:
            continue
        first, second = (
            f"{format_duration(s.start_ns)}-{format_duration(s.end_ns)} (line {s.mark.line})" for s in (before, after)
        )
        what = f"{first} and {second} both say what happens at {format_duration(after.start_ns)}"
        node.notes.add(after.mark, "E211", what, "let one end where the other begins")
