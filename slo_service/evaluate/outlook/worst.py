"""The worst stretch of a period for each length of window, and the episodes of failure in it: what separates many blips
from one long outage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from slo_service.domain.instant import DAY, HOUR, MINUTE
from slo_service.domain.slo import Slo
from slo_service.domain.status import Reading
from slo_service.evaluate.chance.interval import bounds
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.history.past import Past, Stretches, Sums
from slo_service.evaluate.judge.tier import ENOUGH_TO_FIRE

LENGTHS_NS = (5 * MINUTE, HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY)
GAP_NS = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class Worst:
    """The stretch of its length with the highest share of bad events among what was measured, hence with the highest
    burn. `reading.interval` bounds that burn."""

    from_ns: int
    to_ns: int
    share: Fraction
    reading: Reading


@dataclass(frozen=True, slots=True)
class Episode:
    """A run of slots with failures, with less than the gap between one and the next. `total` counts all events from its
    start to its end, `budget_share` is what it spent of the budget; None where it is not known how much that is."""

    from_ns: int
    to_ns: int
    bad: int
    total: int
    budget_share: Fraction | None


def worst(
    slo: Slo, pasts: Sequence[Past], expectation: Expectation, lengths_ns: Sequence[int] = LENGTHS_NS
) -> dict[int, Worst | None]:
    """By length of window. `pasts` are what is kept of the period in slots of each width; a length is looked for in
    each whose slots make it up. Only stretches of which at least half was measured compete, of equal ones the newest
    wins. None where none competes: nothing is known of that length."""
    found: dict[int, Worst | None] = dict.fromkeys(lengths_ns)
    if not expectation.known:
        return found
    for past in sorted(pasts, key=lambda past: past.width_ns):
        sums = Sums(past, expectation, slo.indicator.basis, slo.slice_width_ns)
        for length_ns in lengths_ns:
            here, there = _worst_of(slo, past, sums, length_ns), found[length_ns]
            if here and (there is None or (here.share, here.to_ns) > (there.share, there.to_ns)):
                found[length_ns] = here
    return found


def _worst_of(slo: Slo, past: Past, sums: Sums, length_ns: int) -> Worst | None:
    span, rest = divmod(length_ns, past.width_ns)
    if rest or not 0 < span <= len(past.bad):
        return None
    heads = np.arange(span, len(past.bad) + 1)
    read = sums.read(heads - span, heads)
    at = _most_bad(read)
    if at is None:
        return None
    reading = replace(read.at(at, length_ns, slo.objective), unit=slo.budgeting.unit)
    found, budget = bounds(reading), float(slo.objective.budget)
    interval = None if found is None else (found[0] / budget, found[1] / budget)
    to_ns = past.start_ns + int(heads[at]) * past.width_ns
    share = reading.tally.ratio_bad
    assert share is not None, "only stretches with events compete"
    return Worst(to_ns - length_ns, to_ns, share, replace(reading, interval=interval))


def _most_bad(read: Stretches) -> int | None:
    """Number of the newest stretch with the highest share; shares that differ by less than a double holds are equal."""
    competes = np.flatnonzero(read.covered(ENOUGH_TO_FIRE) & (read.total > 0))
    if not len(competes):
        return None
    shares = read.bad[competes] / read.total[competes]
    return int(competes[np.flatnonzero(shares == shares.max())[-1]])


def episodes(past: Past, allowed_events: Fraction = Fraction(0), gap_ns: int = GAP_NS) -> tuple[Episode, ...]:
    """Oldest first. `allowed_events`: bad events that make up the whole budget; 0 where that is not known."""
    bad_at = np.flatnonzero(past.bad > 0)
    if not len(bad_at):
        return ()
    # between the end of one and the start of the next
    apart = (np.diff(bad_at) - 1) * past.width_ns >= gap_ns
    apart &= np.diff(bad_at) > 1
    firsts = bad_at[np.concatenate([[True], apart])]
    ends = bad_at[np.concatenate([apart, [True]])] + 1
    bad = np.concatenate([[0], np.cumsum(past.bad)])
    total = bad + np.concatenate([[0], np.cumsum(past.good)])
    found = []
    for first, end in zip(firsts.tolist(), ends.tolist(), strict=True):
        failed = int(bad[end] - bad[first])
        found.append(
            Episode(
                from_ns=past.start_ns + first * past.width_ns,
                to_ns=past.start_ns + end * past.width_ns,
                bad=failed,
                total=int(total[end] - total[first]),
                budget_share=failed / allowed_events if allowed_events else None,
            )
        )
    return tuple(found)
