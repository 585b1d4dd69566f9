"""One SLO at one instant: every window read, every tier advanced, the budget drawn up, one word for it all."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from slo_service.domain.instant import DAY, HOUR, MINUTE
from slo_service.domain.slo import Severity, Slo
from slo_service.domain.status import Budget, Reading, State, Status, TierState
from slo_service.domain.tally import Tally
from slo_service.evaluate.reading import read
from slo_service.evaluate.stream import StreamState
from slo_service.evaluate.tier import advance

COVERAGE_FLOOR = Fraction(9, 10)  # below it a budget is provisional: shown, and no action rests on it
STALE_AFTER_GRACES = 3  # a collector silent for so many graces, and for ten seconds at least, is not measuring
STALE_FLOOR_NS = 10_000_000_000
SHOWN_NS = (5 * MINUTE, HOUR, 6 * HOUR, DAY, 3 * DAY)
LATELY = 3  # slices, graces and rounds of canaries: the stretch in which a measured stream has shown events


def assess(
    slo: Slo, stream: StreamState, before: Mapping[str, TierState | None], last: Status | None, now_ns: int
) -> Status:
    """The status, with tiers whose episodes are not named yet."""
    progress, watermark = stream.progress_ns(now_ns), stream.watermark_ns(slo, now_ns)
    if watermark is None:
        return _unmeasured(slo, before, last, now_ns)
    if last and last.watermark_ns is not None and last.watermark_ns <= now_ns:
        watermark = max(watermark, last.watermark_ns)  # event time runs backwards only where the clock was set back
    lengths = {*SHOWN_NS, slo.window_ns}
    for tier in slo.alerting.tiers:
        lengths |= {tier.long_ns, tier.short_ns}
    basis = slo.indicator.basis
    readings = {n: read(stream.rings, stream.expectation, basis, slo.objective, watermark, n) for n in sorted(lengths)}
    tiers = tuple(
        advance(before[tier.name], slo, tier, watermark, readings[tier.long_ns], readings[tier.short_ns])
        for tier in slo.alerting.tiers
    )
    budget = draw_up(slo, readings[slo.window_ns])
    state = _word(slo, stream, tiers, budget, watermark, now_ns)
    return Status(
        slo=slo.name,
        stream=slo.stream.id,
        at_ns=now_ns,
        watermark_ns=watermark,
        progress_ns=progress,
        state=state,
        since_ns=_since(state, tiers, last, now_ns),
        budget=budget,
        readings=readings,
        tiers=tiers,
        first_bad_ns=first_bad(slo, stream, watermark) if any(t.firing or t.burning for t in tiers) else None,
    )


def draw_up(slo: Slo, reading: Reading) -> Budget:
    """remaining = 1 − bad ÷ (β × events), events being those measured and those expected of the unmeasured time."""
    allowed = slo.objective.budget * reading.expected
    if not allowed:
        return Budget(reading, None, True, Fraction(0))
    return Budget(reading, 1 - reading.tally.bad / allowed, reading.coverage < COVERAGE_FLOOR, allowed)


def first_bad(slo: Slo, stream: StreamState, watermark_ns: int) -> int | None:
    """Start of the first bad slice of the present trouble: back from the newest bad slice, over gaps shorter than the
    longest short window that pages."""
    fine = stream.rings.fine
    pages = [t.short_ns for t in slo.alerting.tiers if t.severity is Severity.PAGE]
    gap = max(pages or [t.short_ns for t in slo.alerting.tiers] or [5 * MINUTE])
    found: int | None = None
    for start in reversed(fine.bad_slots(watermark_ns - 6 * HOUR, watermark_ns + fine.width_ns)):
        if found is not None and found - start > gap:
            break
        found = start
    return found


def _unmeasured(slo: Slo, before: Mapping[str, TierState | None], last: Status | None, now_ns: int) -> Status:
    """Before the first progress nothing is known: tiers that a restart found firing stay so, frozen."""
    empty = {n: Reading(n, Tally(), Fraction(0), Fraction(0), None) for n in sorted({*SHOWN_NS, slo.window_ns})}
    tiers = tuple(state for tier in slo.alerting.tiers if (state := before[tier.name]))
    word = State.BURNING if any(t.firing and t.tier.severity is Severity.PAGE for t in tiers) else State.FROZEN
    budget = Budget(empty[slo.window_ns], None, True, Fraction(0))
    since = last.since_ns if last and last.state is word else now_ns
    return Status(slo.name, slo.stream.id, now_ns, None, None, word, since, budget, empty, tiers)


def _word(
    slo: Slo,
    stream: StreamState,
    tiers: tuple[TierState, ...],
    budget: Budget,
    watermark_ns: int,
    now_ns: int,
) -> State:
    if any(t.firing and t.tier.severity is Severity.PAGE for t in tiers):
        return State.BURNING
    lately = max(LATELY * slo.slice_width_ns, LATELY * slo.timing.grace_ns, LATELY * stream.expectation.round_ns)
    if not _is_measured(slo, stream, watermark_ns, lately, now_ns):
        return State.WARMING if _is_new(stream, watermark_ns, lately) else State.FROZEN
    if any(t.firing or t.burning for t in tiers) or (budget.remaining is not None and budget.remaining < 0):
        return State.WARN  # a tier that burns and does not fire yet waits for its `after_ns`
    if not tiers:
        return State.HEALTHY
    pages = [t for t in tiers if t.tier.severity is Severity.PAGE] or list(tiers)
    return State.HEALTHY if any(t.burning is False for t in pages) else State.WARMING


def _is_measured(slo: Slo, stream: StreamState, watermark_ns: int, lately_ns: int, now_ns: int) -> bool:
    """Whether the readers look, and have seen at least half of what was expected lately. No event at all is no
    measurement, also for an indicator whose coverage is that of looking."""
    progress_ns = stream.progress_ns(now_ns)
    silent = max(STALE_FLOOR_NS, STALE_AFTER_GRACES * slo.timing.grace_ns)
    if progress_ns is None or now_ns - progress_ns > silent:
        return False
    reading = read(stream.rings, stream.expectation, slo.indicator.basis, slo.objective, watermark_ns, lately_ns)
    return reading.coverage >= Fraction(1, 2) and reading.tally.total > 0


def _is_new(stream: StreamState, watermark_ns: int, lately_ns: int) -> bool:
    """A stream first measured so recently that `lately` cannot be covered yet. Nothing at all is no beginning."""
    return stream.first_ns is not None and watermark_ns - stream.first_ns < 2 * lately_ns


def _since(state: State, tiers: tuple[TierState, ...], last: Status | None, now_ns: int) -> int:
    if last and last.state is state:
        return last.since_ns
    wanted = {State.BURNING: Severity.PAGE, State.WARN: Severity.TICKET}.get(state)
    firing = [t.since_ns for t in tiers if t.firing and t.tier.severity is wanted]
    return min(firing) if firing else now_ns
