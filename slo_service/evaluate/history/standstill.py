"""What came and went while nobody judged, from what the rings hold of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from slo_service.domain.budgeting import Unmeasured
from slo_service.domain.event import Transition
from slo_service.domain.slo import Kind, Slo
from slo_service.domain.status import TierState
from slo_service.evaluate.chance.gate import gate
from slo_service.evaluate.counts.ring import BAD, GOOD, OBSERVED, Ring
from slo_service.evaluate.counts.track import Track
from slo_service.evaluate.floor import Floor
from slo_service.evaluate.history.hindsight import judge_past
from slo_service.evaluate.history.past import Past
from slo_service.evaluate.history.reconstruction import reconstructed
from slo_service.evaluate.judge.subject import Plain


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody judged from `since_ns` to `until_ns`, when the tiers had stood as in `before` (by SLO and name). `load`:
    number of the definitions in force."""

    since_ns: int
    until_ns: int
    before: Mapping[str, Mapping[str, TierState]]
    load: int


def missed(floor: Floor, slo: Slo, gap: Gap) -> tuple[Transition, ...]:
    """Transitions of the episodes of one objective that lie wholly within the gap. A composite of events has none: its
    windows are not those of one series."""
    subject = floor.subject(slo)
    tiers = [tier for tier in slo.alerting.tiers if tier.kind is Kind.BURN]
    if not isinstance(subject, Plain) or not tiers:
        return ()
    track = subject.track
    until = track.watermark_ns
    since = gap.since_ns - slo.timing.horizon_ns
    if until is None or until <= since or not track.expectation.known:
        return ()
    until = min(until, gap.until_ns - slo.timing.horizon_ns)
    shorts = max(tier.short_ns for tier in tiers)
    if slo.unmeasured is not Unmeasured.BAD and not _has_bad(track, since - shorts, until):
        return ()  # both windows must burn
    past = _past(track, since, until)
    if past is None:
        return ()
    may_fire = partial(gate, slo, track.expectation)
    before = gap.before.get(slo.name, {})
    stays = judge_past(slo, past, track.expectation, since, until, before, slots=track.bank.slots, gate=may_fire,
                       basis=track.key.basis, cell_ns=track.key.cell_ns)  # fmt: skip
    return reconstructed(slo, stays, gap.load, gap.until_ns)


def _has_bad(track: Track, since_ns: int, until_ns: int) -> bool:
    for ring in track.bank.rings:
        if ring.oldest_ns <= since_ns:
            _, counts = ring.series(since_ns // ring.width_ns, until_ns // ring.width_ns + 1, track.column)
            return bool(counts[BAD].any())
    return True


def _past(track: Track, since_ns: int, until_ns: int) -> Past | None:
    """The slots up to `until_ns`, as fine as they are kept from `since_ns` on, and coarser ones before them."""
    rings = sorted(track.bank.rings, key=lambda ring: ring.width_ns)
    at = next((n for n, ring in enumerate(rings) if ring.oldest_ns <= since_ns), len(rings) - 1)
    found: Past | None = None
    for part in _parts(track, rings[at:], until_ns):
        found = part if found is None else found.preceded_by(part)
    return found


def _parts(track: Track, rings: list[Ring], until_ns: int) -> Iterator[Past]:
    coarsest = rings[-1].width_ns
    for ring in rings:
        width = ring.width_ns
        start = -(-ring.oldest_ns // coarsest) * coarsest  # where slots of all widths meet
        _, counts = ring.series(start // width, until_ns // width, track.column)
        if counts.shape[1]:
            yield Past(start, width, counts[GOOD], counts[BAD], counts[OBSERVED])
