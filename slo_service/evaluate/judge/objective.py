"""One SLO at one instant, exactly: every window read, every tier advanced, the budget drawn up, one word for it all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from slo_service.domain.instant import HOUR, MINUTE
from slo_service.domain.slo import Severity, Slo
from slo_service.domain.status import Budget, Reading, State, Status, TierState
from slo_service.domain.tally import Tally
from slo_service.evaluate.counts.ring import NEVER
from slo_service.evaluate.counts.window import SHOWN_NS, Window
from slo_service.evaluate.judge.signs import Signs, signals
from slo_service.evaluate.judge.subject import Subject
from slo_service.evaluate.judge.tier import advance

STALE_AFTER_GRACES = 3  # a collector silent for so many graces, and for ten seconds at least, is not measuring
STALE_FLOOR_NS = 10_000_000_000
LATELY = 3  # slices, graces and rounds of canaries: the stretch in which a measured stream has shown events


@dataclass(frozen=True, slots=True)
class Word:
    """The word for an SLO and since when it holds, as said last."""

    state: State
    since_ns: int


@dataclass(frozen=True, slots=True)
class Moment:
    """What is judged, and where the tick before left it."""

    slo: Slo
    subject: Subject
    before: Mapping[str, TierState | None]
    last: Word | None
    now_ns: int
    signs: Signs

    @property
    def silent_ns(self) -> int:
        """For how long its collectors have said nothing; silence before the first tick is not theirs."""
        progress = self.subject.progress_ns(self.now_ns)
        return self.now_ns - max(self.subject.begun_ns, NEVER if progress is None else progress)


def silence_ns(slo: Slo) -> int:
    """A collector that has been silent for longer is not measuring."""
    return max(STALE_FLOOR_NS, STALE_AFTER_GRACES * slo.timing.grace_ns)


def lately(slo: Slo, round_ns: int) -> Window:
    """The stretch in which a measured stream has shown events."""
    return Window(max(LATELY * slo.slice_width_ns, LATELY * slo.timing.grace_ns, LATELY * round_ns))


def assess(moment: Moment) -> Status:
    """The status at the subject's watermark, with tiers whose episodes are not named yet."""
    slo, subject, now_ns = moment.slo, moment.subject, moment.now_ns
    watermark = subject.watermark_ns
    if watermark is None:
        return _unmeasured(moment)
    sights = [(tier, subject.sight(tier)) for tier in slo.alerting.tiers]
    known = {reading.length_ns: reading for _, sight in sights for reading in (sight.long, sight.short)}
    readings = {**known, **subject.readings([length for length in SHOWN_NS if length not in known])}
    tiers = tuple(
        advance(moment.before.get(tier.name), slo, tier, watermark, sight, subject.held_back) for tier, sight in sights
    )
    budget = subject.budget()
    readings.setdefault(slo.window_ns, budget.reading)
    told = signals(slo, subject, moment.before, readings, moment.signs, (now_ns, moment.silent_ns))
    state = _word(moment, tiers, told, budget, watermark)
    firing = (*tiers, *(t for t in told if not t.tier.kind.tells_of_measuring))
    return Status(
        slo=slo.name,
        stream=slo.stream.id,
        at_ns=now_ns,
        watermark_ns=watermark,
        progress_ns=subject.progress_ns(now_ns),
        state=state,
        since_ns=_since(state, firing, moment.last, now_ns),
        budget=budget,
        readings=dict(sorted(readings.items())),
        tiers=tiers,
        first_bad_ns=first_bad(slo, subject, watermark) if any(t.firing or t.burning for t in firing) else None,
        signals=told,
        without=subject.without(),
        members=subject.parts(),
    )


def first_bad(slo: Slo, subject: Subject, watermark_ns: int) -> int | None:
    """Start of the first bad slice of the present trouble: back from the newest bad slice, over gaps shorter than the
    longest short window that pages."""
    pages = [t.short_ns for t in slo.alerting.tiers if t.severity is Severity.PAGE]
    gap = max(pages or [t.short_ns for t in slo.alerting.tiers] or [5 * MINUTE])
    found: int | None = None
    for start in reversed(subject.bad_slots(watermark_ns - 6 * HOUR, watermark_ns + slo.slice_width_ns)):
        if found is not None and found - start > gap:
            break
        found = start
    return found


def _unmeasured(moment: Moment) -> Status:
    """Before the first progress nothing is known: tiers that a restart found firing stay so, frozen."""
    slo, before, last, now_ns = moment.slo, moment.before, moment.last, moment.now_ns
    empty = {n: Reading(n, Tally(), Fraction(0), Fraction(0), None) for n in sorted({*SHOWN_NS, slo.window_ns})}
    tiers = tuple(state for tier in slo.alerting.tiers if (state := before.get(tier.name)))
    told = signals(slo, moment.subject, before, empty, moment.signs, (now_ns, moment.silent_ns))
    paged = any(t.firing and t.tier.severity is Severity.PAGE for t in (*tiers, *_of_data(told)))
    word = State.BURNING if paged else State.FROZEN
    budget = Budget(empty[slo.window_ns], None, True, Fraction(0))
    since = last.since_ns if last and last.state is word else now_ns
    return Status(slo.name, slo.stream.id, now_ns, None, None, word, since, budget, empty, tiers, signals=told)


def _of_data(told: Sequence[TierState]) -> Sequence[TierState]:
    """Those that speak of what is measured."""
    return [t for t in told if not t.tier.kind.tells_of_measuring]


def _word(
    moment: Moment, tiers: Sequence[TierState], told: Sequence[TierState], budget: Budget, watermark_ns: int
) -> State:
    if any(t.firing and t.tier.severity is Severity.PAGE for t in (*tiers, *_of_data(told))):
        return State.BURNING
    stretch = lately(moment.slo, moment.subject.round_ns)
    if not _is_measured(moment, stretch):
        return State.WARMING if _is_new(moment.subject, watermark_ns, stretch.length_ns) else State.FROZEN
    overspent = budget.remaining is not None and budget.remaining < 0
    if overspent or any(t.firing or (t.burning and not t.held_back) for t in tiers):
        return State.WARN  # a tier that burns and does not fire yet waits for its `after_ns`
    if not tiers:
        return State.HEALTHY
    pages = [t for t in tiers if t.tier.severity is Severity.PAGE] or list(tiers)
    return State.HEALTHY if any(t.burning is False or t.held_back for t in pages) else State.WARMING


def _is_measured(moment: Moment, stretch: Window) -> bool:
    """Whether the readers look, and have seen at least half of what was expected lately. No event at all is no
    measurement, also for an indicator whose coverage is that of looking."""
    progress_ns = moment.subject.progress_ns(moment.now_ns)
    if progress_ns is None or moment.now_ns - progress_ns > silence_ns(moment.slo):
        return False
    reading = moment.subject.reading(stretch.length_ns)
    return reading.coverage >= Fraction(1, 2) and reading.tally.total > 0


def _is_new(subject: Subject, watermark_ns: int, lately_ns: int) -> bool:
    """A stream first measured so recently that `lately` cannot be covered yet. Nothing at all is no beginning."""
    return subject.first_ns is not None and watermark_ns - subject.first_ns < 2 * lately_ns


def _since(state: State, tiers: Sequence[TierState], last: Word | None, now_ns: int) -> int:
    if last and last.state is state:
        return last.since_ns
    wanted = {State.BURNING: Severity.PAGE, State.WARN: Severity.TICKET}.get(state)
    firing = [t.since_ns for t in tiers if t.firing and t.tier.severity is wanted]
    return min(firing) if firing else now_ns
