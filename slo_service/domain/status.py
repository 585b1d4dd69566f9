"""What the evaluator says of one SLO at one instant: good, bad and unmeasured over every window; burn rates; budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from slo_service.domain.slo import Severity, Tier
from slo_service.domain.tally import Tally


@dataclass(frozen=True, slots=True)
class Reading:
    """One window ending at the watermark. `expected` counts events, measured and not; `coverage` lies in 0..1.

    `burn` is budget spent per budget earned among what was measured; None when nothing was. So many counts of `tally`
    are one trial as `unit` says: an event, or a slice of time; None where the burn does not follow from the counts."""

    length_ns: int
    tally: Tally
    unmeasured_events: Fraction
    coverage: Fraction
    burn: Fraction | None
    interval: tuple[float, float] | None = None  # 95 % Clopper–Pearson bounds of `burn`, for display
    unit: int | None = 1

    @property
    def expected(self) -> Fraction:
        return self.tally.total + self.unmeasured_events

    @property
    def unmeasured_ns(self) -> int:
        return int((1 - self.coverage) * self.length_ns)


class Phase(StrEnum):
    QUIET = "quiet"
    FIRING = "firing"


@dataclass(frozen=True, slots=True)
class TierState:
    """Where one tier of one SLO stands. All instants are event time.

    `burning`: both windows are over the factor now; None when that cannot be told.
    `last_burned_ns`: the last watermark at which it burned. A firing tier goes quiet `keepFiringFor` after it.
    `quiet_ns`: how much measured time has passed since it last burned; stands still while frozen.
    `burned_ns`: for how much measured time it has burned without a break, until it fires; stands still while frozen.
    `frozen_since_ns`: since when the measured data no longer decide, so that the phase is kept.
    `episode`: id of the severity's episode while firing.
    `stream`: what was measured, so that a state is never taken for that of another measurement."""

    slo: str
    tier: Tier
    factor: Fraction
    phase: Phase
    since_ns: int
    burning: bool | None
    last_burned_ns: int | None
    quiet_ns: int
    judged_at_ns: int
    frozen_since_ns: int | None
    episode: str | None
    long: Reading
    short: Reading
    stream: str = ""
    burned_ns: int = 0
    held_back: str = ""  # why it burns and still may not fire: few events could do that by chance
    sources: tuple[str, ...] = ()  # the partitions that a partition tier speaks of

    @property
    def firing(self) -> bool:
        return self.phase is Phase.FIRING

    @property
    def waits(self) -> bool:
        """It burns, and not yet for as long as it takes to fire."""
        return bool(self.burning) and self.tier.after_ns > 0 and not self.firing

    def over(self, reading: Reading) -> bool | None:
        """Whether the window burns fast enough for this tier, as measured; None where nothing was."""
        if reading.burn is None:
            return None
        return reading.burn > self.factor or (self.tier.inclusive and reading.burn == self.factor)

    @property
    def strain(self) -> Fraction:
        """By how much the short window burns faster than the factor; the burn itself where any burn is too fast."""
        burn = self.short.burn or Fraction(0)
        return burn / self.factor if self.factor else burn

    def quietened(self) -> TierState:
        """The state after its SLO or tier was redefined: no longer firing, and undecided."""
        return replace(self, phase=Phase.QUIET, since_ns=self.judged_at_ns, burning=None, episode=None, burned_ns=0)


class State(StrEnum):
    """The one word for an SLO, most urgent first."""

    BURNING = "burning"  # a page tier fires
    WARN = "warn"  # a ticket tier fires, or the budget is overspent
    FROZEN = "frozen"  # not measured now, so no verdict can change
    WARMING = "warming"  # measured, but no page tier has seen enough yet to call it quiet
    HEALTHY = "healthy"


@dataclass(frozen=True, slots=True)
class StateChange:
    """From `at_ns` (event time) on an SLO is in `state`; the budget's remaining share and coverage are those of then.
    `recorded_ns` is the moment we knew."""

    slo: str
    at_ns: int
    recorded_ns: int
    state: State
    remaining: Fraction | None
    coverage: Fraction


@dataclass(frozen=True, slots=True)
class Budget:
    """`remaining` is signed, never clamped; None when nothing is measured or expected. `provisional` below the
    coverage floor: shown, but no action rests on it."""

    reading: Reading
    remaining: Fraction | None
    provisional: bool
    allowed_events: Fraction
    interval: tuple[float, float] | None = None  # 95 % bounds of `remaining`
    excused_events: Fraction = Fraction(0)  # expected in excluded time; they count as good
    to_come_events: Fraction = Fraction(0)  # expected of the part of a calendar window that has not gone by

    def minutes(self, window_ns: int, budget: Fraction) -> float | None:
        """Minutes of total outage that the remaining share still pays for."""
        if self.remaining is None:
            return None
        return float(self.remaining * budget * window_ns) / 60e9


@dataclass(frozen=True, slots=True)
class MemberStatus:
    """How one part of a composite fares against its own target, at the composite's watermark; its own is told as well,
    None before its first progress. `readings` by window length."""

    name: str
    target: Fraction
    watermark_ns: int | None
    readings: Mapping[int, Reading]


@dataclass(frozen=True, slots=True)
class Exhaustion:
    """How long the budget still lasts at the burn of the last `pace_ns`, from the watermark on: 0 where it is spent
    already, None where that does not come at this pace. `earliest_ns` and `latest_ns` are that at the 95 % bounds of
    the burn. `reason` says why it cannot be told; the others say nothing then."""

    pace_ns: int
    after_ns: int | None = None
    earliest_ns: int | None = None
    latest_ns: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    slo: str
    stream: str
    at_ns: int
    watermark_ns: int | None  # None until the first progress
    progress_ns: int | None  # the last moment every source had looked
    state: State
    since_ns: int
    budget: Budget
    readings: Mapping[int, Reading]  # by window length: those of the tiers and 5 m, 1 h, 6 h, 1 d, 3 d
    tiers: tuple[TierState, ...]
    first_bad_ns: int | None = None  # start of the slice of the first bad event of the present trouble
    signals: tuple[TierState, ...] = ()  # what is looked at beside the declared tiers: see `Kind`
    without: Budget | None = None  # as it would be if nothing had been adjusted; None where nothing was
    exhaustion: Exhaustion | None = None  # None where no policy asks for it
    members: tuple[MemberStatus, ...] = ()  # of a composite of events, in its order; slices tell nothing of members

    @property
    def sli(self) -> Fraction | None:
        ratio = self.budget.reading.tally.ratio_bad
        return None if ratio is None else 1 - ratio

    @property
    def frozen_since_ns(self) -> int | None:
        return self.since_ns if self.state is State.FROZEN else None

    def firing(self, severity: Severity | None = None) -> tuple[TierState, ...]:
        """The tiers that fire for what is measured; those that tell of measuring are not among them, nor is the early
        detector unless it is asked for."""
        wanted = (Severity.PAGE, Severity.TICKET) if severity is None else (severity,)
        return tuple(
            t
            for t in (*self.tiers, *self.signals)
            if t.firing and t.tier.severity in wanted and not t.tier.kind.tells_of_measuring
        )
