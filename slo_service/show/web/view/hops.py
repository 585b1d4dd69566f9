"""The flow of a pipeline: each hop with its freshness, completeness, duplicates and lag, and the first bad one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from slo_service.collect.canary.trace import CanaryTrace
from slo_service.collect.ports import GroupAge
from slo_service.domain.indicator import SINK, SOURCE
from slo_service.domain.instant import MINUTE
from slo_service.domain.pipeline import FolderSink, HttpSink, KafkaTopic, Pipeline, Place, SqlTable
from slo_service.show.web import words
from slo_service.show.web.view.canaries import Flock
from slo_service.show.web.view.passage import LATELY, Passage, Trouble, passage, trouble


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


def _p99(values: NDArray[np.int64]) -> int:
    """Nearest rank."""
    return int(np.sort(values)[-(-99 * len(values) // 100) - 1])


def _freshness(passed: Passage) -> HopRow:
    """Now: of the canaries sent lately, one that is overdue counting with its age so far."""
    limit, here = passed.flock.limit_ns, passed.arrived
    recent = passed.age[(passed.sent >= passed.since_ns) & (here | passed.missed)]
    waits = passed.age[(passed.sent >= passed.since_ns) & ~here & passed.missed]
    now = _NOTHING
    if len(recent):
        age = _p99(recent)
        now = Figure(("≥ " if (waits == age).any() else "") + words.duration(age), "red" if age > limit else "")
    transits = passed.age[here]
    minutes = (passed.sent[here] + transits) // MINUTE
    worst = max((_p99(transits[minutes == minute]) for minute in np.unique(minutes)), default=None)
    return HopRow("Freshness, p99", now, _late(worst, limit))


def _under_way(passed: Passage) -> HopRow:
    limit, oldest = passed.flock.limit_ns, passed.oldest
    now = Figure("none")
    if oldest is not None:
        now = Figure(words.duration(oldest.age_ns), "red" if oldest.missed else "")
    return HopRow("Oldest under way", now, _late(passed.longest_ns, limit))


def _complete(passed: Passage) -> HopRow:
    """Now: of the canaries whose deadline came lately."""
    deadline, now_ns = passed.flock.canary.deadline_ns, passed.flock.now_ns
    due = (passed.sent + deadline <= now_ns) & passed.known
    sent, in_time = passed.sent[due], (passed.arrived & (passed.age <= deadline))[due]
    recent = in_time[sent + deadline >= now_ns - LATELY]
    minutes, place = np.unique(sent // MINUTE, return_inverse=True)
    judged = [(int(in_time[place == index].sum()), int((place == index).sum())) for index in range(len(minutes))]

    def said(pair: Sequence[int] | None) -> Figure:
        if pair is None or not pair[1]:
            return _NOTHING
        return Figure(words.share(Fraction(pair[0], pair[1])), "red" if pair[0] < pair[1] else "")

    lowest = min(judged, key=lambda pair: pair[0] / pair[1], default=None)
    return HopRow(f"Complete by {words.duration(deadline)}", said((int(recent.sum()), len(recent))), said(lowest))


def _duplicates(flock: Flock, hop: str) -> HopRow:
    extra = [
        (trace.seen_ns[hop], trace.copies.get(hop, 1) - 1)
        for trace in flock.traces
        if hop in trace.seen_ns and trace.copies.get(hop, 1) > 1
    ]
    now = sum(copies for seen, copies in extra if seen >= flock.now_ns - LATELY)
    total = sum(copies for _, copies in extra)
    return HopRow("Duplicates", Figure(f"{now:,}", "amb" if now else ""), Figure(f"{total:,}", "amb" if total else ""))


def _intake(flock: Flock) -> HopRow:
    sends = [trace for trace in flock.traces if trace.acknowledged is not None or trace.verdict == "refused"]
    recent = [trace for trace in sends if trace.sent_ns >= flock.now_ns - LATELY]

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


def _where(place: Place) -> tuple[str, str]:
    """What it is called, and what it is. An endpoint's address may hold a secret."""
    match place:
        case KafkaTopic():
            return place.topic, "topic"
        case SqlTable():
            return place.table, "table"
        case HttpSink():
            return "HTTP endpoint", "endpoint"
        case FolderSink():
            return place.path, "folder"


def _title(pipeline: Pipeline, hop: str) -> tuple[str, str]:
    place = pipeline.place(hop)
    where, noun = _where(place)
    groups = {name: group for name, group, _ in pipeline.groups()}
    if hop == SOURCE:
        return where, "source topic"
    kind = f"sink {noun}"
    if hop == SINK:
        return where, f"{kind}, loaded by {groups[hop]}" if hop in groups else kind
    return hop, f"{groups[hop]}, writes {where}" if hop in groups else f"writes {where}"


def passages(pipeline: Pipeline, flock: Flock) -> Mapping[str, Passage]:
    """By hop, those that are tapped; of another one canaries say nothing."""
    tapped = {hop for trace in flock.traces for hop in trace.seen_ns} | {SOURCE, SINK}
    return {hop: passage(flock, hop) for hop in pipeline.hops if hop in tapped}


def hops(pipeline: Pipeline, passed: Mapping[str, Passage], groups: Sequence[GroupAge]) -> tuple[Hop, ...]:
    """Source to sink. The first bad hop is the first in trouble now, else the first that was in the time shown."""
    lags = {group.stage: group for group in groups if group.pipeline == pipeline.name}
    limit = next(iter(passed.values())).flock.limit_ns
    drawn = []
    for name in pipeline.hops:
        title, kind = _title(pipeline, name)
        lag = _lag(lags.get(name), limit)
        if name not in passed:
            drawn.append(Hop(name, title, kind, lag, None))
            continue
        here = passed[name]
        seen = (_freshness(here), _under_way(here), _complete(here), _duplicates(here.flock, name))
        last = (_intake(here.flock),) if name == SOURCE else lag
        drawn.append(Hop(name, title, kind, (*seen, *last), trouble(here)))
    return _with_first_bad(drawn)


def _with_first_bad(drawn: list[Hop]) -> tuple[Hop, ...]:
    troubled = [hop for hop in drawn if hop.trouble is not None]
    still = [hop for hop in troubled if hop.trouble is not None and hop.trouble.until_ns is None]
    first = next(iter(still or troubled), None)
    return tuple(Hop(hop.name, hop.title, hop.kind, hop.rows, hop.trouble, first_bad=hop is first) for hop in drawn)
