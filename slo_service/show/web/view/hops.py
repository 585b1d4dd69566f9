"""The flow of a pipeline: each hop with its freshness, completeness, duplicates and lag, and the first bad one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from slo_service.collect.canary.trace import CanaryTrace
from slo_service.collect.ports import GroupAge
from slo_service.domain.indicator import SINK, SOURCE
from slo_service.domain.instant import MINUTE
from slo_service.domain.pipeline import KafkaTopic, Pipeline
from slo_service.show.web import words
from slo_service.show.web.view.canaries import Flock, ends, pending_ages, percentile

NOW = MINUTE  # what "now" looks back on


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a hop. Tone "" is plain, else red or amb with its shape."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class HopRow:
    label: str
    now: Figure
    worst: Figure


@dataclass(frozen=True, slots=True)
class Trouble:
    """Since when a hop missed canaries; `until_ns` None: it still does."""

    since_ns: int
    until_ns: int | None


@dataclass(frozen=True, slots=True)
class Hop:
    name: str
    title: str
    kind: str
    rows: tuple[HopRow, ...]
    trouble: Trouble | None
    first_bad: bool = False


_NOTHING = Figure(words.NONE)


def _late(age_ns: int | None, limit_ns: int) -> Figure:
    return _NOTHING if age_ns is None else Figure(words.duration(age_ns), "red" if age_ns > limit_ns else "")


def _freshness(flock: Flock, hop: str) -> HopRow:
    arrived: dict[int, list[int]] = {}
    recent = []
    for trace in flock.eligible:
        seen = trace.seen_ns.get(hop)
        if seen is None:
            continue
        arrived.setdefault(seen // MINUTE, []).append(max(0, seen - trace.sent_ns))
        if seen >= flock.now_ns - NOW:
            recent.append(max(0, seen - trace.sent_ns))
    worst = max((percentile(transits, 0.99) or 0 for transits in arrived.values()), default=None)
    limit = flock.limit_ns
    return HopRow("Freshness, p99", _late(percentile(recent, 0.99), limit), _late(worst, limit))


def _under_way(flock: Flock, hop: str) -> HopRow:
    ages = [age for age in pending_ages(flock, hop).values() if age is not None]
    waits = [
        (flock.now_ns if end is None else end) - trace.sent_ns
        for traces in flock.partitions.values()
        for trace, end in zip(traces, ends(traces, hop), strict=True)
    ]
    now = Figure("none") if not ages else _late(max(ages), flock.limit_ns)
    return HopRow("Oldest under way", now, _late(max(waits, default=None), flock.limit_ns))


def _complete(flock: Flock, hop: str) -> HopRow:
    deadline = flock.canary.deadline_ns
    judged: dict[int, list[bool]] = {}
    recent = []
    for trace in flock.eligible:
        if trace.sent_ns + deadline > flock.now_ns:
            continue
        in_time = hop in trace.seen_ns and trace.seen_ns[hop] <= trace.sent_ns + deadline
        judged.setdefault(trace.sent_ns // MINUTE, []).append(in_time)
        if trace.sent_ns + deadline >= flock.now_ns - NOW:
            recent.append(in_time)

    def share(verdicts: Sequence[bool]) -> Fraction:
        return Fraction(sum(verdicts), len(verdicts))

    def said(part: Fraction | None) -> Figure:
        return _NOTHING if part is None else Figure(words.share(part), "red" if part < 1 else "")

    lowest = min((share(minute) for minute in judged.values()), default=None)
    return HopRow(f"Complete by {words.duration(deadline)}", said(share(recent) if recent else None), said(lowest))


def _duplicates(flock: Flock, hop: str) -> HopRow:
    extra = [
        (trace.seen_ns[hop], trace.copies.get(hop, 1) - 1)
        for trace in flock.traces
        if hop in trace.seen_ns and trace.copies.get(hop, 1) > 1
    ]
    now = sum(copies for seen, copies in extra if seen >= flock.now_ns - NOW)
    total = sum(copies for _, copies in extra)
    return HopRow("Duplicates", Figure(f"{now:,}", "amb" if now else ""), Figure(f"{total:,}", "amb" if total else ""))


def _intake(flock: Flock) -> HopRow:
    sends = [trace for trace in flock.traces if trace.acknowledged is not None or trace.verdict == "refused"]
    recent = [trace for trace in sends if trace.sent_ns >= flock.now_ns - NOW]

    def said(traces: Sequence[CanaryTrace]) -> Figure:
        if not traces:
            return _NOTHING
        part = Fraction(sum(trace.acknowledged is True for trace in traces), len(traces))
        return Figure(words.share(part), "red" if part < 1 else "")

    return HopRow("Acknowledged", said(recent), said(sends))


def _lag(group: GroupAge | None, limit_ns: int) -> tuple[HopRow, ...]:
    """As last polled; its past is not kept in memory."""
    if group is None:
        return ()
    known = [part.age_ns for part in group.partitions if part.age_ns is not None]
    if group.error or not known:
        return (HopRow("Lag, worst partition", Figure("unknown"), _NOTHING),)
    at_least = any(part.at_least or part.age_ns is None for part in group.partitions)
    text = ("≥ " if at_least else "") + words.duration(max(known))
    lag = HopRow("Lag, worst partition", Figure(text, "red" if max(known) > limit_ns else ""), _NOTHING)
    if group.waiting is None:
        return (lag,)
    return (lag, HopRow("Unread messages", Figure(f"{group.waiting:,}"), _NOTHING))


def trouble(flock: Flock, hop: str) -> Trouble | None:
    """The latest stretch in which canaries missed the limit at this hop, from the first one's sending to the last one's
    arrival (a lost one's limit). A minute without a miss ends it; it is open while one is overdue or until then."""
    since: int | None = None
    last = 0
    for trace in flock.eligible:
        seen = trace.seen_ns.get(hop)
        if (flock.now_ns if seen is None else seen) - trace.sent_ns <= flock.limit_ns:
            continue
        if since is None or trace.sent_ns > last + NOW:
            since = trace.sent_ns
        last = max(last, trace.sent_ns + flock.limit_ns if seen is None else seen)
    if since is None:
        return None
    waiting = any(age is not None and age > flock.limit_ns for age in pending_ages(flock, hop).values())
    return Trouble(since, None if waiting or last > flock.now_ns - NOW else last)


def _title(pipeline: Pipeline, hop: str) -> tuple[str, str]:
    place = pipeline.place(hop)
    where = place.topic if isinstance(place, KafkaTopic) else place.table
    groups = {name: group for name, group, _ in pipeline.groups()}
    if hop == SOURCE:
        return where, "source topic"
    kind = f"sink {'topic' if isinstance(place, KafkaTopic) else 'table'}"
    if hop == SINK:
        return where, f"{kind}, loaded by {groups[hop]}" if hop in groups else kind
    return groups.get(hop, hop), f"writes {where}"


def hops(pipeline: Pipeline, flock: Flock, groups: Sequence[GroupAge]) -> tuple[Hop, ...]:
    """Source to sink. The first bad hop is the first in trouble now, else the first that was in the time shown."""
    lags = {group.stage: group for group in groups if group.pipeline == pipeline.name}
    drawn = []
    for name in pipeline.hops:
        title, kind = _title(pipeline, name)
        lag = _lag(lags.get(name), flock.limit_ns)
        if name not in {SOURCE, SINK} and not any(name in trace.seen_ns for trace in flock.traces):
            drawn.append(Hop(name, title, kind, lag, None))  # not tapped: canaries say nothing of it
            continue
        seen = (_freshness(flock, name), _under_way(flock, name), _complete(flock, name), _duplicates(flock, name))
        last = (_intake(flock),) if name == SOURCE else lag
        drawn.append(Hop(name, title, kind, (*seen, *last), trouble(flock, name)))
    return _with_first_bad(drawn)


def _with_first_bad(drawn: list[Hop]) -> tuple[Hop, ...]:
    troubled = [hop for hop in drawn if hop.trouble is not None]
    still = [hop for hop in troubled if hop.trouble is not None and hop.trouble.until_ns is None]
    first = next(iter(still or troubled), None)
    return tuple(Hop(hop.name, hop.title, hop.kind, hop.rows, hop.trouble, first_bad=hop is first) for hop in drawn)
