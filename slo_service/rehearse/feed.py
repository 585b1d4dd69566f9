"""From a written past to what collectors would have handed over: counts up to the watermark, and how far they saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Protocol

from slo_service.collect.kafka_lag.slices import SliceJudge, in_time
from slo_service.collect.ports import GroupAge, PartitionAge
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Lag, Schedule
from slo_service.domain.instant import SECOND, floor_to
from slo_service.domain.slo import Slo
from slo_service.rehearse.case import Age, Behind
from slo_service.rehearse.segment import Flow, Look, steady

POLL_NS = SECOND  # of a consumer group's age
GAP_NS = 3 * POLL_NS  # without a poll that could tell, a slice is unmeasured
PLAIN_RATE = Fraction(1)  # of what neither a canary nor a slice gives a rhythm


class Feed(Protocol):
    """What is measured for one SLO, handed over in the order of time."""

    def until(self, now_ns: int) -> tuple[Sequence[Delta], Sequence[Progress]]:
        """What was learned since the last call, as it stands at the instant."""
        ...


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Events a second over all sources; `by_event`: a slice is looked at by its event, not by looking."""

    rate: Fraction
    sources: int
    by_event: bool = False


def rhythm(slo: Slo, catalogue: Catalogue, partitions: int, rate: Fraction | None) -> Rhythm:
    """A canary gives one event a period to every partition, lag one a slice."""
    if isinstance(slo.indicator, Lag):
        return Rhythm(Fraction(SECOND, slo.slice_width_ns), 1, by_event=True)
    canary = catalogue.canaries.get(str(getattr(slo.indicator, "canary", "")))
    if canary is None:
        return Rhythm(rate or PLAIN_RATE, 1)
    return Rhythm(rate or Fraction(partitions * SECOND, canary.every_ns), partitions)


def schedule(slo: Slo, beat: Rhythm, since_ns: int) -> Schedule:
    return Schedule(slo.stream.id, since_ns, beat.rate, beat.sources)


def past(slo: Slo, beat: Rhythm, needs: Mapping[int, int], since_ns: int, until_ns: int) -> dict[int, list[Delta]]:
    """Rows for a time in which all was good, as a store would have kept them; `needs` says since when, by width."""
    rows, stream = {}, slo.stream.id
    for width_ns, needed_ns in needs.items():
        begin = max(since_ns, floor_to(needed_ns, width_ns))
        looked = beat.sources * -(-width_ns // slo.slice_width_ns)
        rows[width_ns] = [
            Delta(stream, slice_ns, good, 0, good if beat.by_event else looked)
            for slice_ns, good in steady(beat.rate, begin, until_ns, width_ns)
        ]
        if rows[width_ns] and not beat.by_event:
            rows[width_ns][-1] = _cut_short(rows[width_ns][-1], slo, beat, until_ns)
    return rows


def _cut_short(row: Delta, slo: Slo, beat: Rhythm, until_ns: int) -> Delta:
    """The last row may end before its slot does."""
    looked = beat.sources * -(-(until_ns - row.slice_start_ns) // slo.slice_width_ns)
    return Delta(row.stream, row.slice_start_ns, row.good, row.bad, min(row.observed, looked))


class FlowFeed:
    """Counts of a written series. While nobody looks nothing is handed over; what was sent before is judged after."""

    def __init__(self, slo: Slo, beat: Rhythm, flow: Flow, since_ns: int) -> None:
        """`since_ns`: before it there is nothing."""
        self._slo, self._beat, self._flow = slo, beat, flow
        self._fed_ns = max(since_ns, flow.start_ns - slo.timing.horizon_ns)
        partly = self._fed_ns % slo.slice_width_ns
        self._seen_ns = self._fed_ns - partly if partly else None  # the slice that was looked at last

    @property
    def begun_ns(self) -> int:
        """Up to here the past before the case is to be filled in."""
        return self._fed_ns

    def until(self, now_ns: int) -> tuple[Sequence[Delta], Sequence[Progress]]:
        here = self._flow.at(now_ns)
        blind = here is not None and here.look is Look.UNMEASURED
        looked_ns = self._flow.start_ns + here.start_ns if here is not None and blind else now_ns
        through = max(self._fed_ns, looked_ns - self._slo.timing.horizon_ns)
        deltas = []
        for stretch in self._flow.stretches(self._fed_ns, through, self._slo.slice_width_ns):
            tally = stretch.tally
            if self._beat.by_event:
                observed = tally.total
            else:
                observed = self._beat.sources if stretch.slice_start_ns != self._seen_ns else 0
            self._seen_ns = stretch.slice_start_ns
            if tally.total or observed:
                deltas.append(Delta(self._slo.stream.id, stretch.slice_start_ns, tally.good, tally.bad, observed))
        self._fed_ns = through
        return deltas, self._progress(looked_ns)

    def _progress(self, through_ns: int) -> tuple[Progress, ...]:
        return tuple(Progress(self._slo.stream.id, f"rehearsed/{n}", through_ns) for n in range(self._beat.sources))


@dataclass(frozen=True, slots=True)
class Group:
    """A consumer group and how far it is behind; where nothing is written it keeps up."""

    pipeline: str
    stage: str
    name: str
    topic: str
    partitions: int
    start_ns: int
    written: tuple[Behind, ...] = ()

    def is_behind(self, now_ns: int) -> bool:
        return any(b.start_ns <= now_ns - self.start_ns < b.end_ns for b in self.written)

    def edges(self) -> tuple[int, ...]:
        """Instants at which something else begins."""
        return tuple(self.start_ns + at for b in self.written for at in (b.start_ns, b.end_ns))

    def age(self, now_ns: int) -> GroupAge:
        offset = now_ns - self.start_ns
        behind = next((b for b in self.written if b.start_ns <= offset < b.end_ns), None)
        age_ns: int | None = 0
        if behind is not None:
            known = behind.age_ns if behind.age is Age.KNOWN else offset - behind.start_ns
            age_ns = None if behind.age is Age.UNKNOWN else known
        return GroupAge(self.pipeline, self.stage, self.name, self.topic, now_ns, _behind(self.partitions, age_ns))


@lru_cache(maxsize=64)  # asked at every poll, while the age is mostly zero
def _behind(partitions: int, age_ns: int | None) -> tuple[PartitionAge, ...]:
    return tuple(PartitionAge(n, None, None, None, age_ns) for n in range(partitions))


class LagFeed:
    """Slices of a lag objective, judged from the group's ages as its collector judges them."""

    def __init__(self, slo: Slo, group: Group) -> None:
        assert isinstance(slo.indicator, Lag)
        self._slo, self._group, self._within_ns = slo, group, slo.indicator.within_ns
        self.begun_ns = floor_to(group.start_ns, slo.slice_width_ns) - slo.slice_width_ns
        self._judge = SliceJudge(slo.slice_width_ns, GAP_NS)
        self._polled_ns = self.begun_ns - slo.slice_width_ns - POLL_NS
        self._told_ns = self._polled_ns

    def until(self, now_ns: int) -> tuple[Sequence[Delta], Sequence[Progress]]:
        deltas = []
        while self._polled_ns + POLL_NS <= now_ns:
            self._polled_ns += POLL_NS
            good = in_time(self._group.age(self._polled_ns), self._within_ns)
            self._told_ns = self._polled_ns if good is not None else self._told_ns
            for judged in self._judge.poll(self._polled_ns, good):
                if judged.slice_start_ns >= self.begun_ns:
                    tally = judged.tally
                    deltas.append(Delta(self._slo.stream.id, judged.slice_start_ns, tally.good, tally.bad, 1))
        return deltas, (Progress(self._slo.stream.id, "rehearsed/0", self._told_ns),)


def groups(
    catalogue: Catalogue, partitions: int, start_ns: int, lag: Mapping[tuple[str, str], tuple[Behind, ...]]
) -> dict[tuple[str, str], Group]:
    """Every declared consumer group, by pipeline and stage."""
    return {
        (pipeline.name, hop): Group(
            pipeline.name, hop, group, topic.topic, partitions, start_ns, lag.get((pipeline.name, hop), ())
        )
        for pipeline in catalogue.pipelines.values()
        for hop, group, topic in pipeline.groups()
    }
