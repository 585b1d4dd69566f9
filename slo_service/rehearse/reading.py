"""A document of kind `Test` → a case. Every mistake becomes a finding, with its place and its remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from slo_service.definitions.document import OURS, read_header
from slo_service.definitions.finding import Finding, quoted
from slo_service.definitions.node import Node
from slo_service.definitions.notebook import Notebook
from slo_service.definitions.scalar import nearest
from slo_service.definitions.settings import Settings
from slo_service.definitions.tree import Source
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.indicator import Lag
from slo_service.domain.instant import DAY, SECOND, from_rfc3339
from slo_service.rehearse.case import Behind, Case
from slo_service.rehearse.expectation_text import read_expectations, refuse_slo, slo_named
from slo_service.rehearse.feed import rhythm
from slo_service.rehearse.segment import Flow, Segment
from slo_service.rehearse.series_text import LONGEST_NS, behind, measured, rate_of, refuse_overlaps, spans

START_NS = 1_793_613_600 * SECOND  # 2026-11-02T10:00:00Z, a Monday; where a case does not say when it begins
KEYS = ("description", "start", "before", "tick", "partitions", "rates", "slo", "series", "lag", "expect")
_MOST_PARTITIONS = 1000
_MOST_SPANS = 1000  # of one series
_MOST_TICKS = 100_000  # one after the other; each takes about a millisecond
_HIGHEST_RATE = 1_000_000


@dataclass(frozen=True, slots=True)
class Cases:
    """`cases` are the sound ones, in the order they were written; `findings` are about the others."""

    cases: tuple[Case, ...]
    findings: tuple[Finding, ...]


def read_cases(sources: Sequence[Source], catalogue: Catalogue) -> Cases:
    cases: dict[str, Case] = {}
    findings: list[Finding] = []
    for source in sources:
        notes = Notebook(Settings({}, needed=False))
        case = _read(source, catalogue, notes)
        if case is not None and (other := cases.get(case.name)):
            what = f"there is another Test {case.name} at {other.mark.file}:{other.mark.line}"
            notes.add(case.mark, "E301", what, "rename one of the two")
        if case is not None and not notes.errors:
            cases[case.name] = case
        findings += notes.findings
    ordered = sorted(set(findings), key=lambda f: (f.file, f.line, f.column, f.code, f.message))
    return Cases(tuple(cases.values()), tuple(ordered))


def _read(source: Source, catalogue: Catalogue, notes: Notebook) -> Case | None:
    version = Node(source.root, "", notes).child("apiVersion")
    if version.written != OURS:
        version.fault("E209", f"Test is not of apiVersion {quoted(version.written)}", f"write apiVersion: {OURS}")
    document = read_header(source, notes)
    spec = document.spec.fields(*KEYS, needs=("expect",))
    spec["description"].text()
    start_ns = _start(spec["start"])
    series = spec["series"].entries()
    chosen: str | None = next(iter(series)) if len(series) == 1 else ""
    if spec["slo"]:
        chosen = slo_named(spec["slo"], catalogue) or None
    elif chosen and chosen not in catalogue.slos:
        chosen = None
    expect = read_expectations(spec["expect"], chosen, catalogue)
    if not expect:  # a name that is none hides what is expected of it, and is to be told all the same
        _names(spec["series"], catalogue)
        return None
    draft = Case(
        name=document.name,
        mark=document.name_mark,
        start_ns=start_ns,
        tick_ns=_tick(spec["tick"]),
        before_ns=_up_to(spec["before"], LONGEST_NS) if spec["before"] else None,
        partitions=spec["partitions"].whole(1, 1, _MOST_PARTITIONS),
        expect=expect,
    )
    rates = _rates(spec["rates"], catalogue)
    case = Case(
        draft.name,
        draft.mark,
        draft.start_ns,
        draft.tick_ns,
        draft.before_ns,
        draft.partitions,
        rates,
        _series(spec["series"], draft, rates, catalogue),
        _lag(spec["lag"], spec["series"], draft.length_ns, catalogue),
        expect,
    )
    _refuse_long(case, notes)
    return case


def _refuse_long(case: Case, notes: Notebook) -> None:
    """While anything else than good is written, every tick is run; and each looks through the spans."""
    written: list[tuple[Segment | Behind, ...]] = [*case.series.values(), *case.lag.values()]
    if any(len(stretches) > _MOST_SPANS for stretches in written):
        notes.add(case.mark, "E207", f"more than {_MOST_SPANS} spans of one series", "write a case for each part")
    busy_ns = [sum(min(s.end_ns, case.length_ns) - s.start_ns for s in stretches) for stretches in written]
    busy_ns += [case.length_ns] if case.rates else []
    ticks = max(busy_ns, default=0) // case.tick_ns
    if ticks > _MOST_TICKS:
        what = f"{ticks} ticks are to be run one by one, which takes minutes; at most {_MOST_TICKS} are"
        coarser = -(-max(busy_ns) // (_MOST_TICKS * SECOND))
        tick = next((f"{at}s" if at < 60 else "1m" for at in (5, 10, 30, 60) if at >= coarser), None)
        notes.add(
            case.mark, "E207", what, f"write tick: {tick}" if tick else "write shorter spans, or expect it sooner"
        )


def _start(node: Node) -> int:
    if not node:
        return START_NS
    try:
        return from_rfc3339(node.written)
    except ValueError:
        node.fault("E203", f"{quoted(node.written)} is not an instant", "write one like 2026-11-02T10:00:00Z")
        return START_NS


def _up_to(node: Node, longest_ns: int) -> int:
    length = node.duration(DAY, zero=True)
    if length > longest_ns:
        node.fault("E207", f"{node.path} is longer than counts are kept", "write at most 400d")
    return min(length, longest_ns)


def _tick(node: Node) -> int:
    tick = node.duration(SECOND)
    if not SECOND <= tick <= 60 * SECOND:
        node.fault("E207", f"a tick of {node.written}", "write one from 1s to 1m")
        return SECOND
    return tick


def _rates(node: Node, catalogue: Catalogue) -> dict[str, Fraction]:
    found = {}
    for name, (mark, tree) in node.entries().items():
        value = Node(tree, node.subpath(name), node.notes)
        rate = rate_of(value.written)
        if name not in catalogue.slos:
            refuse_slo(node, mark, name, catalogue)
        elif isinstance(catalogue.slos[name].indicator, Lag):
            node.notes.add(mark, "E207", f"{name} has one event a slice", "remove it")
        elif rate is None or rate > _HIGHEST_RATE:
            value.fault("E203", f"{quoted(value.written)} is not a rate of events", "write one like 2/s, 30/m or 5/h")
        else:
            found[name] = rate
    return found


def _series(node: Node, case: Case, rates: dict[str, Fraction], catalogue: Catalogue) -> dict[str, tuple[Segment, ...]]:
    found: dict[str, tuple[Segment, ...]] = {}
    streams: dict[str, str] = {}
    for name, (mark, tree) in node.entries().items():
        slo = catalogue.slos.get(name)
        if slo is None:
            refuse_slo(node, mark, name, catalogue)
            continue
        if other := streams.get(slo.stream.id):
            what = f"{other} and {name} count the same events"
            node.notes.add(mark, "E211", what, "write the series of one of them; it holds for both")
        streams.setdefault(slo.stream.id, name)
        value = Node(tree, node.subpath(name), node.notes)
        flow = Flow(case.start_ns, rhythm(slo, catalogue, case.partitions, rates.get(name)).rate)
        found[name] = spans(value, case.length_ns, measured(flow))
        refuse_overlaps(value, found[name])
    return found


def _names(series: Node, catalogue: Catalogue) -> None:
    for name, (mark, _) in series.entries().items():
        if name not in catalogue.slos:
            refuse_slo(series, mark, name, catalogue)


def _lag(node: Node, series: Node, end_ns: int, catalogue: Catalogue) -> dict[tuple[str, str], tuple[Behind, ...]]:
    found: dict[tuple[str, str], tuple[Behind, ...]] = {}
    for name, (mark, tree) in node.entries().items():
        pipeline = catalogue.pipelines.get(name)
        if pipeline is None:
            node.notes.add(mark, "E302", f"there is no Pipeline {name}", nearest(name, catalogue.pipelines))
            continue
        stages = Node(tree, node.subpath(name), node.notes)
        hops = [hop for hop, _, _ in pipeline.groups()]
        for hop, (place, inner) in stages.entries().items():
            if hop not in hops:
                what = f"the pipeline {name} has no stage {hop} with a consumerGroup"
                node.notes.add(place, "E302", what, nearest(hop, hops))
                continue
            value = Node(inner, stages.subpath(hop), node.notes)
            found[name, hop] = spans(value, end_ns, behind)
            refuse_overlaps(value, found[name, hop])
            _refuse_both(series, name, hop, catalogue)
    return found


def _refuse_both(series: Node, pipeline: str, hop: str, catalogue: Catalogue) -> None:
    """A lag objective follows from its group's age, so that the two cannot contradict each other."""
    for name, (mark, _) in series.entries().items():
        slo = catalogue.slos.get(name)
        if slo and slo.pipeline == pipeline and isinstance(slo.indicator, Lag) and slo.indicator.stage == hop:
            what = f"what {name} measures follows from the lag of {hop}"
            series.notes.add(mark, "E211", what, f"keep one of series: {name} and lag: {pipeline}: {hop}")
