"""Thousands of objectives, each over a stream of its own with a past, and the seconds they live through: a canary in
each stream every ten seconds, and every second a few streams in which a burst of them turns out to be lost."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Freshness, Schedule, Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND, format_duration
from slo_service.domain.slo import Alerting, Slo
from slo_service.domain.tally import Objective
from slo_service.evaluate.evaluator import Evaluator

NOW = 1_800_000_000 * SECOND - 1_800_000_000 * SECOND % (15 * MINUTE)
EVERY_NS = SLICE_NS = 10 * SECOND
HORIZON_NS, GRACE_NS = 5 * SECOND, 3 * SECOND
BURST = 80  # canaries lost at once: more than any tier of the preset puts up with
PAST = (
    (72 * HOUR, 2 * HOUR),
    (26 * HOUR, HOUR),
    (6 * HOUR + 30 * MINUTE, 15 * MINUTE),
    (130 * MINUTE, 5 * MINUTE),
    (36 * MINUTE, MINUTE),
    (10 * MINUTE, SLICE_NS),
)
"""From which age on the past is filled in steps of what; before it daily. A whole past would be 260,000 slices."""


def an_objective(number: int, window_ns: int) -> Slo:
    return Slo(
        name=f"freshness-{number}",
        display_name=f"Orders of flow {number} are fresh",
        description="",
        service="orders",
        pipeline=f"flow-{number}",
        indicator=Freshness(f"canary-{number}", 5 * SECOND),
        objective=Objective(Fraction(999, 1000)),
        window_ns=window_ns,
        alerting=Alerting(),
        timing=Timing(HORIZON_NS, GRACE_NS),
        slice_width_ns=SLICE_NS,
    )


def objectives(count: int, window_ns: int = 30 * DAY) -> Catalogue:
    """With the preset's four tiers: eight windows, where the budget's is none of theirs."""
    return Catalogue(slos={slo.name: slo for slo in (an_objective(number, window_ns) for number in range(count))})


def described(catalogue: Catalogue) -> str:
    slo = next(iter(catalogue.slos.values()))
    tiers = slo.alerting.tiers
    windows = {slo.window_ns, *(tier.long_ns for tier in tiers), *(tier.short_ns for tier in tiers)}
    count, budget = len(catalogue.slos), format_duration(slo.window_ns)
    return f"{count:,} objectives × {len(windows)} windows × {len(tiers)} tiers, budget over {budget}"


class Life:
    """An evaluator of the catalogue, and what is applied to it second by second."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.streams = [slo.stream.id for slo in catalogue.slos.values()]
        self.past_ns = max(76 * HOUR, *(slo.window_ns for slo in catalogue.slos.values()))
        self.evaluator = Evaluator(catalogue)
        self.now_ns = NOW

    def fill(self, past: Sequence[tuple[int, int]] = PAST) -> None:
        """All canaries arrived, and a fifth more where one count stands for many slices: else such a count would leave
        a gap behind when it drops out of a window at once."""
        self.evaluator.tick(self.now_ns)
        for at_ns, step_ns in self._steps(past):
            due, cells = step_ns // EVERY_NS, step_ns // SLICE_NS
            good = due if cells == 1 else due * 6 // 5
            self.evaluator.apply(Delta(stream, at_ns, good, 0, cells) for stream in self.streams)
            self.evaluator.tick(self.now_ns)  # takes them in; without a schedule there is nothing to judge yet
        expected, since_ns = Fraction(SECOND, EVERY_NS), self.now_ns - self.past_ns
        self.evaluator.apply(schedules=[Schedule(stream, since_ns, expected, 1) for stream in self.streams])

    def _steps(self, past: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """(start, width) of what is filled in, oldest first."""
        for (from_ns, step_ns), (to_ns, _) in pairwise([(self.past_ns, DAY), *past, (0, 0)]):
            for age_ns in range(from_ns, to_ns, -step_ns):
                yield self.now_ns - age_ns, step_ns

    def second(self, bursts: int = 0) -> tuple[list[Delta], list[Progress]]:
        """What the next second's commits change: the canaries of a tenth of the streams become final, `bursts` streams
        lose many more, and all have been looked at."""
        self.now_ns += SECOND
        sent_ns = self.now_ns - HORIZON_NS - SECOND
        at, slice_ns = sent_ns // SECOND, sent_ns - sent_ns % SLICE_NS
        final = self.streams[at % 10 :: 10] if sent_ns >= NOW else []
        hit = (self.streams[(at * bursts + n) * 7919 % len(self.streams)] for n in range(bursts))
        deltas = [Delta(stream, slice_ns, 1, 0, 1) for stream in final]
        deltas += [Delta(stream, slice_ns, 0, BURST, 0) for stream in hit]
        return deltas, [Progress(stream, "canary/main/0", self.now_ns) for stream in self.streams]
