"""The pipeline page: the flow, the canary plot, the partition strip and the jobs, over one stretch of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from slo_service.collect.canary.trace import CanaryTrace
from slo_service.collect.ports import GroupAge
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.event import Transition
from slo_service.domain.indicator import SINK
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.domain.pipeline import Canary, Pipeline
from slo_service.domain.slo import Severity
from slo_service.domain.status import State, Status
from slo_service.show.web import words
from slo_service.show.web.charts.canary import Plot, canary_plot
from slo_service.show.web.charts.heat import Heat, heat_strip, ramp
from slo_service.show.web.view import canaries, marks
from slo_service.show.web.view.canaries import Flock
from slo_service.show.web.view.hops import Hop, hops, passages
from slo_service.show.web.view.marks import Mark
from slo_service.show.web.view.now import Now, present
from slo_service.show.web.view.passage import LATELY
from slo_service.show.web.view.said import Said
from slo_service.show.web.view.story import sentence

SPANS = (5, 15, 30, 90)  # minutes one can choose; the verifier remembers two hours
DEFAULT_SPAN = 15


@dataclass(frozen=True, slots=True)
class PartitionRow:
    partition: int
    counts: tuple[str, ...]  # on time, late, found, missing, under way
    worst: str


@dataclass(frozen=True, slots=True)
class Canaries:
    """`counts` by kind of mark; `sent` in all, `refused` and `unobservable` are in no drawing."""

    name: str
    every: str
    plot: Markup
    heat: Markup
    ramp: Markup
    sent: int
    counts: Mapping[str, int]
    twice: int
    aside: str
    rows: tuple[PartitionRow, ...]
    has_spans: bool


@dataclass(frozen=True, slots=True)
class PipelineView:
    pipeline: Pipeline
    mark: Mark
    badge: str
    says: Said
    now: Now | None
    hops: tuple[Hop, ...]
    canaries: tuple[Canaries, ...]
    minutes: int
    lately: str  # what the columns called "now" look back on


@dataclass(frozen=True, slots=True)
class Heard:
    """What the collectors know at one instant, so that all the rest can be worked out away from the event loop."""

    now_ns: int
    traces: Mapping[str, Sequence[CanaryTrace]]  # by canary
    groups: Sequence[GroupAge]


def canaries_of(pipeline: Pipeline, catalogue: Catalogue) -> list[str]:
    return [canary.name for canary in catalogue.canaries.values() if canary.pipeline == pipeline.name]


def flock(known: Heard, catalogue: Catalogue, canary: Canary, minutes: int) -> Flock:
    now_ns = known.now_ns
    since = now_ns - minutes * MINUTE
    found = sorted(known.traces.get(canary.name, ()), key=lambda trace: trace.sent_ns)
    limit = canaries.threshold(catalogue.slos_of(canary.pipeline), canary.name)
    kept = [trace for trace in found if trace.sent_ns >= since]
    return Flock.of(canary, kept, since_ns=since, now_ns=now_ns, threshold_ns=limit)


def worst_mark(pipeline: str, catalogue: Catalogue, statuses: Mapping[str, Status]) -> tuple[Mark, str]:
    """The most urgent state among the pipeline's objectives, and how many share it."""
    names = [slo.name for slo in catalogue.slos_of(pipeline)]
    if not names:
        return marks.UNKNOWN, "no objective"
    states = [statuses[name].state for name in names if name in statuses]
    if not states:
        return marks.UNKNOWN, "not judged yet"
    worst = min(states, key=marks.URGENCY.index)
    alike = sum(state is worst for state in states)
    word = {
        State.BURNING: "burning",
        State.WARN: "on warn",
        State.FROZEN: "frozen",
        State.WARMING: "warming",
        State.HEALTHY: "healthy",
    }[worst]
    return marks.of_state(worst), f"{alike} of {words.plural(len(names), 'objective')} {word}"


def episodes(transitions: Sequence[Transition], now_ns: int) -> list[tuple[int, int]]:
    """Stretches of event time in which an objective's page was open; one still open lasts until now."""
    spans, opened = [], dict[str, int]()
    for transition in sorted(transitions, key=lambda found: found.event_ns):
        if transition.severity is not Severity.PAGE or transition.episode is None:
            continue
        if transition.opens:
            opened[transition.episode] = transition.event_ns
        if transition.closes:
            spans.append((opened.pop(transition.episode, 0), transition.event_ns))
    return spans + [(start, now_ns) for start in opened.values()]


def _partition_rows(drove: Flock) -> tuple[PartitionRow, ...]:
    rows = []
    for partition, traces in drove.partitions.items():
        kinds = Counter(trace.verdict for trace in traces)
        transits = [trace.seen_ns[SINK] - trace.sent_ns for trace in traces if SINK in trace.seen_ns]
        counts = [kinds["on_time"], kinds["late"], kinds["found"], kinds["lost"], kinds["pending"] + kinds["overdue"]]
        worst = words.duration(max(transits)) if transits else words.NONE
        rows.append(PartitionRow(partition, tuple(f"{number:,}" for number in counts), worst))
    return tuple(rows)


def _heat(drove: Flock, minutes: int) -> Heat:
    steps = 90
    step = minutes * MINUTE // steps
    blind = canaries.blind_spans(drove)
    first = drove.traces[0].sent_ns if drove.traces else drove.now_ns
    rows = []
    for partition, traces in drove.partitions.items():
        ages = canaries.ages_over_time(traces, SINK, drove.since_ns, step, steps, drove.now_ns)
        starts = (drove.since_ns + index * step for index in range(steps))
        rows.append(
            (
                partition,
                [
                    None
                    if start + step < first or any(low < start + step and start < high for low, high in blind)
                    else age
                    for start, age in zip(starts, ages, strict=True)
                ],
            )
        )
    return Heat(drove.since_ns, step, rows, drove.threshold_ns)


def _aside(traces: Sequence[CanaryTrace]) -> str:
    kinds = Counter(trace.verdict for trace in traces)
    names = {"refused": "refused by the source", "unobservable": "unobservable by us"}
    told = [f"{kinds[kind]:,} {name}" for kind, name in names.items() if kinds[kind]]
    return ", ".join(told)


def _label(kinds: Mapping[str, int]) -> str:
    return (
        f"Canary transit by send time: {kinds['ok']} on time, {kinds['late']} late, {kinds['found']} found after the "
        f"deadline, {kinds['lost']} not arrived, {kinds['way'] + kinds['over']} under way"
    )


def draw_canaries(drove: Flock, minutes: int, transitions: Sequence[Transition]) -> Canaries:
    drawn = canaries.marks(drove)
    counts = drawn.counts()
    spans = [span for span in episodes(transitions, drove.now_ns) if span[1] > drove.since_ns]
    plot = Plot(
        drove.since_ns,
        drove.now_ns,
        drawn,
        drove.threshold_ns,
        drove.canary.deadline_ns,
        canaries.blind_spans(drove),
        spans,
        _label(counts),
    )
    heat = _heat(drove, minutes)
    return Canaries(
        name=drove.canary.name,
        every=words.duration(drove.canary.every_ns),
        plot=canary_plot(plot),
        heat=heat_strip(heat, "Age of the oldest canary under way, by partition and time"),
        ramp=ramp(heat),
        sent=len(drove.traces),
        counts=counts,
        twice=int(drawn.twice.sum()),
        aside=_aside(drove.traces),
        rows=_partition_rows(drove),
        has_spans=bool(spans),
    )


def pipeline_view(
    pipeline: Pipeline,
    catalogue: Catalogue,
    statuses: Mapping[str, Status],
    known: Heard,
    transitions: Sequence[Transition],
    *,
    minutes: int,
) -> PipelineView:
    """Flow and "now" come from the pipeline's first canary; every canary has a plot of its own. Only computes."""
    span = max(minutes, min(SPANS))
    droves = [
        flock(known, catalogue, canary, span)
        for canary in catalogue.canaries.values()
        if canary.pipeline == pipeline.name
    ]
    passed = passages(pipeline, droves[0]) if droves else {}
    drawn = hops(pipeline, passed, known.groups) if passed else ()
    now = present(pipeline, passed, known.groups) if passed else None
    mark, badge = worst_mark(pipeline.name, catalogue, statuses)
    return PipelineView(
        pipeline=pipeline,
        mark=mark,
        badge=badge,
        says=sentence(drawn, passed),
        now=now,
        hops=drawn,
        canaries=tuple(draw_canaries(drove, span, transitions) for drove in droves),
        minutes=span,
        lately=words.duration(droves[0].limit_ns + LATELY) if droves else "",
    )


def fitting(known: Heard) -> int:
    """The span of a page that was asked for none: shorter than usual while there is not more to show."""
    first = min((traces[0].sent_ns for traces in known.traces.values() if traces), default=0)
    return min(SPANS) if known.now_ns - first < min(SPANS) * MINUTE else DEFAULT_SPAN


def chosen(minutes: int) -> int:
    """The nearest span on offer, so that a URL by hand shows something."""
    return min(SPANS, key=lambda span: abs(span - minutes))


assert DEFAULT_SPAN in SPANS
assert MINUTE * min(SPANS) // 90 > SECOND  # a step of the strip is longer than a tick
