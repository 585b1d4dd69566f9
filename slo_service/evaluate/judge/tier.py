"""The life of one tier: quiet → firing → quiet, each possibly frozen. Thresholds are compared exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from functools import partial

from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.slo import Kind, Slo, Tier
from slo_service.domain.status import Phase, Reading, TierState

ENOUGH_TO_FIRE = Fraction(1, 2)  # coverage from which the measured ratio alone may fire a tier
ENOUGH_TO_CLEAR = Fraction(9, 10)  # coverage of the window that clears it


class Verdict(Enum):
    BURNS = "burns"
    CLEAR = "clear"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Limit:
    """Bad share above which a window burns: factor × budget. At the limit is not over it, unless it is `inclusive`;
    and nothing at all is never over it."""

    share: Fraction
    inclusive: bool = False

    def over_as_measured(self, reading: Reading) -> bool:
        return self._over(reading.tally.bad, reading.tally.total)

    def over_if_the_rest_was_good(self, reading: Reading) -> bool:
        return self._over(reading.tally.bad, reading.expected)

    def over_if_the_rest_was_bad(self, reading: Reading) -> bool:
        return self._over(reading.tally.bad + reading.unmeasured_events, reading.expected)

    def _over(self, bad: Fraction | int, events: Fraction | int) -> bool:
        if not bad and not self.inclusive:
            return False
        limit = self.share * events
        return bad > limit or (self.inclusive and events > 0 and bad == limit)


def judge(limit: Limit, long: Reading, short: Reading, unmeasured: Unmeasured = Unmeasured.FREEZE) -> Verdict:
    """Burns when it would with everything unmeasured counted good, or by what was measured when that is at least half.
    Clear when a window with coverage ≥ 0.9 is not over, or one would not be with everything unmeasured counted bad.
    Where `unmeasured` time counts as bad or good there is nothing left that could not be told."""
    windows = (long, short)
    if unmeasured is Unmeasured.BAD:
        return Verdict.BURNS if all(limit.over_if_the_rest_was_bad(w) for w in windows) else Verdict.CLEAR
    if unmeasured is Unmeasured.GOOD:
        return Verdict.BURNS if all(limit.over_if_the_rest_was_good(w) for w in windows) else Verdict.CLEAR
    if all(limit.over_if_the_rest_was_good(w) for w in windows):
        return Verdict.BURNS
    if all(w.coverage >= ENOUGH_TO_FIRE and limit.over_as_measured(w) for w in windows):
        return Verdict.BURNS
    for window in windows:
        measured = window.tally.total > 0 or window.coverage > 0
        if window.coverage >= ENOUGH_TO_CLEAR and not limit.over_as_measured(window):
            return Verdict.CLEAR
        if measured and not limit.over_if_the_rest_was_bad(window):
            return Verdict.CLEAR
    return Verdict.UNKNOWN


Gate = Callable[[Tier, Reading], str]
"""Why a tier that burns may not fire yet, given its long window; empty when it may."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a tier saw at a watermark: the verdict, and the windows it rests on."""

    verdict: Verdict
    long: Reading
    short: Reading


def advance(
    before: TierState | None, slo: Slo, tier: Tier, watermark_ns: int, sight: Sight, gate: Gate | None = None
) -> TierState:
    """The tier's state at this watermark. A watermark that has not moved on changes nothing but the readings."""
    factor, verdict, long, short = tier.factor(slo.window_ns), sight.verdict, sight.long, sight.short
    old = before or TierState(
        slo=slo.name,
        tier=tier,
        factor=factor,
        phase=Phase.QUIET,
        since_ns=watermark_ns,
        burning=None,
        last_burned_ns=None,
        quiet_ns=0,
        judged_at_ns=watermark_ns,
        frozen_since_ns=watermark_ns,
        episode=None,
        long=long,
        short=short,
        stream=slo.stream.id,
    )
    passed = max(0, watermark_ns - old.judged_at_ns)
    now = partial(
        replace, old, tier=tier, factor=factor, judged_at_ns=watermark_ns, long=long, short=short, held_back="",
        frozen_since_ns=None,
    )  # fmt: skip
    if verdict is Verdict.UNKNOWN:
        frozen = old.frozen_since_ns if old.frozen_since_ns is not None else watermark_ns
        return now(burning=None, frozen_since_ns=frozen)
    if verdict is Verdict.BURNS:
        # like quiet time below, time counts as burned only where the tick before was known to burn as well
        burned = old.burned_ns + passed if old.burning else old.burned_ns
        now = partial(now, burning=True, last_burned_ns=watermark_ns, quiet_ns=0, burned_ns=burned)
        if old.firing or burned < tier.after_ns:
            return now()
        if gate is not None and (held_back := gate(tier, long)):
            return now(held_back=held_back)
        return now(phase=Phase.FIRING, since_ns=watermark_ns, burned_ns=0)
    # time counts as quiet only where the tick before was known to be quiet as well
    quiet = old.quiet_ns + passed if old.burning is False else old.quiet_ns
    now = partial(now, burning=False, quiet_ns=quiet, burned_ns=0)
    if old.firing and quiet >= slo.alerting.keep_firing_ns[tier.severity]:
        return now(phase=Phase.QUIET, since_ns=watermark_ns, episode=None)
    return now()


def caught_up(state: TierState, watermark_ns: int) -> TierState:
    """The state at a later watermark, after ticks at each of which the verdict was what it is in the state. The
    readings stay as they were."""
    passed = max(0, watermark_ns - state.judged_at_ns)
    if state.burning is None:
        return replace(state, judged_at_ns=watermark_ns)
    if state.burning:
        burned = state.burned_ns + passed
        return replace(state, judged_at_ns=watermark_ns, last_burned_ns=watermark_ns, burned_ns=burned)
    return replace(state, judged_at_ns=watermark_ns, quiet_ns=state.quiet_ns + passed)


def wakes_at(state: TierState, slo: Slo) -> int | None:
    """The watermark from which time alone may change the phase; None if it cannot."""
    if state.tier.kind not in (Kind.BURN, Kind.PARTITION):
        return None
    if state.tier.kind is Kind.PARTITION and state.burning:
        return state.judged_at_ns  # which of them burn may change
    if state.firing and state.burning is False:
        return state.judged_at_ns + slo.alerting.keep_firing_ns[state.tier.severity] - state.quiet_ns
    return state.judged_at_ns if state.burning and not state.firing else None
