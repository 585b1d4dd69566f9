"""A story step by step: what it means in batches, reloads and ticks."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import assert_never

from slo_service.collect.ports import Batch
from slo_service.domain.cell import CellKey, Progress, Revision, Sample
from slo_service.domain.indicator import Basis, Schedule
from slo_service.domain.instant import SECOND, floor_to
from slo_service.domain.tally import Tally
from slo_service.evaluate.evaluator import FEW
from tests.evaluate.reference.features import Features
from tests.evaluate.reference.stage import Stage
from tests.evaluate.reference.steps import (
    Again,
    Live,
    Marked,
    Past,
    Reloaded,
    Restarted,
    Scheduled,
    SetBack,
    Step,
)
from tests.evaluate.reference.stories import SOURCES, Measured, Plot
from tests.evaluate.timeline import START

CELLS_A_STEP = 24  # a long stretch of time is told by so many cells


def play(features: Features, plot: Plot, into_seconds: int, steps: Sequence[Step], few: int = FEW) -> Stage:
    """`few`: objectives side by side that are judged without being screened first."""
    story = _Play(features, plot, START + into_seconds * SECOND, few)
    for step in steps:
        story.take(step)
    return story.stage


class _Play:
    def __init__(self, features: Features, plot: Plot, now_ns: int, few: int) -> None:
        self.features = features
        self.plot = plot
        self.stage = Stage(plot.catalogues[0], plot.slicings, now_ns, few)
        self.counter = 0
        self.batches: list[Batch] = []
        self.rates = {index: (stream.rate, stream.sources) for index, stream in enumerate(plot.streams)}
        for index in self.rates:
            self._schedule(index, now_ns)

    def take(self, step: Step) -> None:
        stage = self.stage
        match step:
            case Live():
                self._live(step)
                return
            case Past():
                self._past(step)
            case Again():
                self._again(step)
            case Marked():
                self._mark(step)
            case Scheduled():
                self._reschedule(step)
            case Restarted():
                stage.now_ns += step.away_ns
                stage.restart()
            case Reloaded():
                stage.reload(self.plot.catalogues[step.turn % len(self.plot.catalogues)])
            case SetBack():
                stage.now_ns -= step.by_ns
            case _:
                assert_never(step)
        stage.tick()

    def _id(self, index: int) -> str:
        return self.plot.streams[index].id

    def _schedule(self, index: int, since_ns: int) -> None:
        rate, sources = self.rates[index]
        self._commit(Batch(schedules=(Schedule(self._id(index), since_ns, rate, sources),)))

    def _reschedule(self, step: Scheduled) -> None:
        self.stage.now_ns += SECOND
        now_ns, index = self.stage.now_ns, step.stream % len(self.plot.streams)
        self.rates[index] = (step.rate, step.sources)
        if not self.features.sources_added:
            new = set(SOURCES[: step.sources]) - set(self.stage.reference.cells.marks[self._id(index)])
            self._commit(Batch(progress=tuple(Progress(self._id(index), source, now_ns) for source in new)))
        self._schedule(index, now_ns - step.ago_ns)

    def _commit(self, batch: Batch) -> None:
        self.batches.append(batch)
        self.stage.commit(batch)

    def _sample(self, index: int, source: int, at_ns: int, good: int, bad: int) -> Sample:
        self.counter += 1
        start_ns = floor_to(at_ns, self.plot.streams[index].width_ns)
        key = CellKey(self._id(index), SOURCES[source], start_ns)
        return Sample(key, Tally(good, bad), Revision(1, self.counter))

    def _live(self, step: Live) -> None:
        """Other streams are measured as they should be, and good, so that only one thing happens at a time."""
        begin = self.stage.now_ns
        for tick in range(step.ticks):
            until = begin + step.length_ns * (tick + 1) // step.ticks
            self.stage.now_ns = until
            for index, measured in enumerate(self.plot.streams):
                chosen = index == step.stream % len(self.plot.streams)
                bad, share = (step.bad, step.measured) if chosen else (Fraction(0), Fraction(1))
                looked = range(min(step.looked if chosen else 3, self.rates[index][1]))
                samples = self._traffic(index, measured, (begin, until), bad, share, looked)
                name = self._id(index)
                marks = tuple(Progress(name, SOURCES[s], until) for s in looked) if share else ()
                self._commit(Batch(samples=samples, progress=marks))
            self.stage.tick()

    def _traffic(
        self, index: int, measured: Measured, during: tuple[int, int], bad: Fraction, share: Fraction, looked: range
    ) -> tuple[Sample, ...]:
        """Absolute counts from the beginning of the step on, so that a cell that is open grows by revisions."""
        rate, sources = self.rates[index]
        begin, until = during
        starts = range(floor_to(begin, measured.width_ns), until, measured.width_ns)
        every = -(-len(starts) // CELLS_A_STEP)
        kept = starts[::every]
        samples = []
        for number, start in enumerate(kept):
            length = min(until, start + every * measured.width_ns) - max(start, begin)
            if measured.indicator.basis is Basis.SLICES and share * (number + 1) // 1 == share * number // 1:
                continue  # with slices, what was not looked at has no cell
            for source in looked:
                events = rate * length / SECOND / sources
                if measured.indicator.basis is Basis.EVENTS:
                    events *= share
                seen = int(events * (number + 1)) - int(events * number)  # what is rounded off comes with a later slice
                failed = int(seen * bad * (number + 1)) - int(seen * bad * number)
                failed = min(seen, failed)
                samples.append(self._sample(index, source, start, seen - failed, failed))
        return tuple(samples)

    def _mark(self, step: Marked) -> None:
        index = step.stream % len(self.plot.streams)
        name, source = self._id(index), SOURCES[step.source % self.rates[index][1]]
        through_ns = self.stage.now_ns - step.ago_ns
        before_ns = self.stage.reference.cells.marks[name].get(source, through_ns)
        if not self.features.marks_back and before_ns <= self.stage.now_ns:
            through_ns = max(through_ns, before_ns)
        self._commit(Batch(progress=(Progress(name, source, through_ns),)))

    def _past(self, step: Past) -> None:
        index = step.stream % len(self.plot.streams)
        width = self.plot.streams[index].width_ns
        source = step.source % self.rates[index][1]
        at = self.stage.now_ns - step.ago_ns
        self._commit(
            Batch(tuple(self._sample(index, source, at - n * width, step.good, step.bad) for n in range(step.slices)))
        )

    def _again(self, step: Again) -> None:
        samples = self.batches[-step.back % len(self.batches)].samples
        if step.other:
            others = [Tally(each.tally.good + step.other, each.tally.bad + step.other) for each in samples]
            samples = tuple(Sample(s.key, tally, s.revision) for s, tally in zip(samples, others, strict=True))
        self.stage.commit(Batch(samples))
