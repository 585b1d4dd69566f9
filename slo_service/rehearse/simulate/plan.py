"""What is simulated: an objective with its tiers, and an outage of a steady error ratio after a past without fault."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

from slo_service.domain.cell import HIGHEST_COUNT
from slo_service.domain.indicator import Freshness, Schedule, Timing
from slo_service.domain.instant import HOUR, MILLISECOND, MINUTE, SECOND, floor_to, format_duration
from slo_service.domain.signals import Signals
from slo_service.domain.slo import Alerting, Severity, Slo
from slo_service.domain.tally import Objective
from slo_service.evaluate.counts.slots import Slots

BEGIN_NS = 1_800_000_000 * SECOND  # of a made timeline any instant will do
MOST_SLOTS = 1_000_000  # of the longest alert window: some 50 MB and a few seconds
MOST_TICKS = 3_000_000  # of an outage
LONGEST_TICK_NS = 15 * MINUTE
FINEST_RATIO = 1_000_000  # the most events a tick
SHORTEST_PERIOD_NS, LONGEST_PERIOD_NS, MOST_PARTITIONS = 100 * MILLISECOND, HOUR, 1_000

NO_RULES_FOR_FEW = Signals(significance=Fraction(1), partition_tier=None, early=None, no_data=None)


@dataclass(frozen=True, slots=True)
class Canaries:
    """One every `every_ns` to each partition, evenly spaced over the partitions."""

    every_ns: int
    partitions: int = 1

    def __post_init__(self) -> None:
        if not SHORTEST_PERIOD_NS <= self.every_ns <= LONGEST_PERIOD_NS:
            raise ValueError(f"canaries come every 100ms to 1h, not every {format_duration(self.every_ns)}")
        if not 1 <= self.partitions <= MOST_PARTITIONS:
            raise ValueError(f"there are 1 to {MOST_PARTITIONS} partitions, not {self.partitions}")


@dataclass(frozen=True, slots=True)
class Plan:
    """`outage_ns` None: until every tier that can fire has fired. Without `canaries` traffic is continuous, and the
    rules for few events are off, as `keepFiringFor` is unless `keep_firing`. `every_tick` leaves no tick out.

    ValueError says what cannot be simulated, and what could be."""

    objective: Objective
    window_ns: int
    error_ratio: Fraction
    tick_ns: int = SECOND
    outage_ns: int | None = None
    alerting: Alerting = field(default_factory=Alerting)
    canaries: Canaries | None = None
    keep_firing: bool = False
    every_tick: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.error_ratio <= 1:
            raise ValueError(
                f"an error ratio is more than 0 and at most 1, not {float(self.error_ratio):g}; 0.1 is one event in ten"
            )
        if self.error_ratio.denominator > FINEST_RATIO:
            raise ValueError(f"an error ratio has at most six decimals, not {float(self.error_ratio)!r}")
        if not self.alerting.tiers:
            raise ValueError("there is no tier to simulate: all are switched off")
        if self.window_ns < HOUR:
            raise ValueError(f"a budget window is at least 1h long, not {format_duration(self.window_ns)}")
        self._check_tick()
        self._check_outage()
        if self.canaries is None and self.error_ratio.denominator * self.window_ns > HIGHEST_COUNT * self.tick_ns:
            raise ValueError("so fine an error ratio over so long a window needs a longer tick, or fewer decimals")

    def _check_tick(self) -> None:
        windows = [length for tier in self.alerting.tiers for length in (tier.long_ns, tier.short_ns)]
        longest = min(LONGEST_TICK_NS, *windows)
        shortest = -(-max(windows) // MOST_SLOTS)
        if not shortest <= self.tick_ns <= longest:
            raise ValueError(
                f"with alert windows from {format_duration(min(windows))} to {format_duration(max(windows))} a tick "
                f"lasts {_rounded_up(shortest)} to {format_duration(longest)}, not {format_duration(self.tick_ns)}"
            )

    def _check_outage(self) -> None:
        if self.outage_ns is None:
            return
        if self.outage_ns <= 0 or self.outage_ns % self.tick_ns:
            raise ValueError(
                f"an outage lasts a whole number of ticks: {format_duration(self.outage_ns)} is none of "
                f"{format_duration(self.tick_ns)}"
            )
        if self.outage_ns > MOST_TICKS * self.tick_ns:
            raise ValueError(
                f"an outage lasts at most {MOST_TICKS:,} ticks, here {format_duration(MOST_TICKS * self.tick_ns)}, not "
                f"{format_duration(self.outage_ns)}; make the ticks longer"
            )

    @property
    def start_ns(self) -> int:
        """The instant at which the outage begins, on the edge of slots of every width."""
        return floor_to(BEGIN_NS, self.slots.coarse_ns)

    @property
    def slots(self) -> Slots:
        return Slots.every(self.tick_ns, max(max(t.long_ns, t.short_ns) for t in self.alerting.tiers))

    def ticks(self, length_ns: int) -> int:
        """Ticks, or slots of a window, that the length takes; a window's tail is the start of the slot it lies in."""
        return -(-length_ns // self.tick_ns)

    def slo(self) -> Slo:
        """The objective as the evaluator is given it: judged at once, in slices of a tick."""
        return Slo(
            name="simulated",
            display_name="Simulated",
            description="",
            service="simulated",
            pipeline="simulated",
            indicator=Freshness("simulated", self.tick_ns),
            objective=self.objective,
            window_ns=self.window_ns,
            alerting=self._alerting(),
            timing=Timing(horizon_ns=0, grace_ns=self.tick_ns),
            slice_width_ns=self.tick_ns,
        )

    def _alerting(self) -> Alerting:
        if self.canaries is not None:  # whose collector is never silent here
            return replace(self.alerting, signals=replace(self.alerting.signals, no_data=None))
        at_once = self.alerting.keep_firing_ns if self.keep_firing else dict.fromkeys(Severity, 0)
        return replace(self.alerting, signals=NO_RULES_FOR_FEW, keep_firing_ns=at_once)

    def schedule(self, stream: str) -> Schedule:
        if self.canaries is None:
            return Schedule(stream, 0, Fraction(self.error_ratio.denominator * SECOND, self.tick_ns), 1)
        rate = Fraction(self.canaries.partitions * SECOND, self.canaries.every_ns)
        return Schedule(stream, 0, rate, self.canaries.partitions)


def _rounded_up(shortest_ns: int) -> str:
    """In whole milliseconds."""
    return format_duration(-(-shortest_ns // MILLISECOND) * MILLISECOND)
