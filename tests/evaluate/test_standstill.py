"""What came and went while nobody judged is what ticks would have written meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import pytest

from slo_service.domain.budgeting import Timeslices
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.event import Change, Transition
from slo_service.domain.indicator import Schedule, Timing
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.signals import Signals
from slo_service.domain.slo import Alerting, Severity, Slo, Tier
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.evaluator import Evaluator
from slo_service.evaluate.history import standstill
from slo_service.evaluate.history.past import Past
from slo_service.evaluate.history.standstill import Gap, missed
from tests.evaluate.timeline import START, an_slo

SLICE = 10 * SECOND
EACH = 300  # events a slice
BEGIN = START - 3 * HOUR
SHORT = Slots(fine_reach_ns=HOUR, middle_reach_ns=3 * HOUR)  # rings that are soon left behind
UNGATED = Signals(significance=Fraction(1), partition_tier=None, early=None, no_data=None)


def tier(name: str, long_ns: int, short_ns: int, burn: int, after_ns: int = 0) -> Tier:
    severity = Severity(name.partition("-")[0])
    return Tier(name, severity, long_ns, short_ns, Fraction(0), burn=Fraction(burn), after_ns=after_ns)


FINE = (
    tier("page-20m", 20 * MINUTE, 2 * MINUTE, 14),
    tier("page-1h", HOUR, 5 * MINUTE, 6),
    tier("ticket-2h", 2 * HOUR, 10 * MINUTE, 2, after_ns=3 * MINUTE),
)
COARSE = (tier("page-1h", HOUR, 15 * MINUTE, 6), tier("ticket-12h", 12 * HOUR, 30 * MINUTE, 2))
KEEP = {Severity.PAGE: 2 * MINUTE, Severity.TICKET: 4 * MINUTE}


def alerting(*tiers: Tier, signals: Signals = UNGATED) -> Alerting:
    return Alerting(tiers=tiers, keep_firing_ns=KEEP, signals=signals)


SLO = an_slo("0.99", window_ns=6 * HOUR, alerting=alerting(*FINE))
LATER = replace(SLO, timing=Timing(horizon_ns=7 * MINUTE, grace_ns=3 * SECOND))
SLICED = replace(SLO, budgeting=Timeslices(Fraction(99, 100), MINUTE))
COARSELY = replace(SLO, alerting=alerting(*COARSE))

Outages = Sequence[tuple[int, int]]  # seconds after START in which all fails


def cells(slo: Slo, until_ns: int, outages: Outages, since_ns: int = BEGIN, each: int = EACH) -> list[Delta]:
    width = {id(SLICED): MINUTE, id(COARSELY): 15 * MINUTE}.get(id(slo), SLICE)
    each = 1 if slo is SLICED else each * width // SLICE
    found = []
    for at in range(since_ns, until_ns, width):
        bad = each if any(low <= (at - START) // SECOND < high for low, high in outages) else 0
        found.append(Delta(slo.counted, at, each - bad, bad, 1))
    return found


@dataclass
class Line:
    slo: Slo
    outages: Outages = ()
    each: int = EACH
    rows: list[Transition] = field(default_factory=list)
    known_ns: int = BEGIN

    def __post_init__(self) -> None:
        if self.slo is COARSELY:
            self.known_ns = START - 13 * HOUR
        slots = replace(SHORT, fine_ns=MINUTE) if self.slo is SLICED else SHORT
        self.evaluator = Evaluator(Catalogue(slos={self.slo.name: self.slo}), 7, slots=slots)
        rate = Fraction(self.each, 10)
        self.evaluator.apply(schedules=[Schedule(self.slo.measured[0], START - 2 * DAY, rate, 1)])

    def tick(self, now_ns: int) -> None:
        horizon = self.slo.timing.horizon_ns
        coming = cells(self.slo, now_ns - horizon, self.outages, self.known_ns, self.each)
        self.known_ns = max(self.known_ns, now_ns - horizon)
        self.evaluator.apply(coming, [Progress(self.slo.measured[0], "canary/main/0", now_ns)])
        self.rows += self.evaluator.tick(now_ns).transitions

    def away(self, until_ns: int) -> Gap:
        """Nobody judges from the last tick, which is at START, to the next."""
        before = self.evaluator.tiers()
        self.tick(until_ns)
        return Gap(START, until_ns, before, 7)

    def missed(self, gap: Gap) -> tuple[Transition, ...]:
        return missed(self.evaluator.floor, self.slo, gap)


def whole(rows: Iterable[Transition]) -> list[Transition]:
    """Of the episodes that begin and end."""
    known = [row for row in rows if row.change in {Change.FIRED, Change.CLEARED}]
    begun, ended = ({row.episode for row in known if mark(row)} for mark in (_opens, _closes))
    return [row for row in known if row.episode in begun & ended]


def _opens(row: Transition) -> bool:
    return row.opens


def _closes(row: Transition) -> bool:
    return row.closes


def _second(row: Transition) -> int:
    return (row.event_ns - START) // SECOND


def facts(rows: Iterable[Transition]) -> list[tuple[object, ...]]:
    return sorted(
        (_second(row), row.tier.tier.name, row.change, row.id, row.episode, row.opens, row.closes, row.load)
        for row in rows
    )


def both(
    slo: Slo, gap_ns: int, step_ns: int, outages: Outages, each: int = EACH
) -> tuple[list[Transition], list[Transition]]:
    """What ticks at every step write of whole episodes, and what is found out afterwards."""
    watched, away = Line(slo, outages, each), Line(slo, outages, each)
    for line in (watched, away):
        line.tick(START)
        line.rows.clear()
    for now in range(START + step_ns, START + gap_ns + 1, step_ns):
        watched.tick(now)
    return whole(watched.rows), list(away.missed(away.away(START + gap_ns)))


@pytest.mark.parametrize(
    ("slo", "gap_ns", "step_ns", "outages", "rows"),
    [
        pytest.param(SLO, 42 * MINUTE, SLICE, [(300, 600), (1560, 1620)], 12, id="slots of ten seconds"),
        pytest.param(LATER, 30 * MINUTE, SLICE, [(60, 300)], 6, id="judged seven minutes behind"),
        pytest.param(SLO, 200 * MINUTE, MINUTE, [(600, 900), (9000, 9300)], 12, id="slots of a minute"),
        pytest.param(COARSELY, 6 * HOUR, 15 * MINUTE, [(5400, 7200)], 4, id="slots of a quarter of an hour"),
        pytest.param(SLICED, 90 * MINUTE, MINUTE, [(600, 900)], 6, id="slices of a minute"),
        pytest.param(SLO, 40 * MINUTE, SLICE, [(300, 600), (2000, 9999)], 6, id="one outlasts it"),
        pytest.param(SLO, 40 * MINUTE, SLICE, [(-300, 30), (1500, 1800)], 6, id="one began before"),
    ],
)
def test_what_is_found_out_afterwards_is_what_ticks_would_have_written(
    slo: Slo, gap_ns: int, step_ns: int, outages: Outages, rows: int
) -> None:
    wanted, found = both(slo, gap_ns, step_ns, outages)
    assert facts(found) == facts(wanted)
    assert len(found) == rows
    assert all(row.reconstructed and row.recorded_ns == START + gap_ns for row in found)


@pytest.mark.parametrize("slo", [SLO, LATER], ids=["judged at once", "judged seven minutes behind"])
def test_what_is_found_out_later_still_ends_with_the_time_in_which_nobody_judged(slo: Slo) -> None:
    line = Line(slo, [(600, 900), (4410, 4650)])
    line.tick(START)
    gap = line.away(START + 70 * MINUTE + slo.timing.horizon_ns)
    at_once = line.missed(gap)
    line.tick(START + 95 * MINUTE)
    assert facts(line.missed(gap)) == facts(at_once) != []


def test_the_finest_slots_that_reach_back_are_read_and_coarser_ones_before_them() -> None:
    line = Line(SLO, [(600, 900)])
    line.tick(START + HOUR)
    (track,) = line.evaluator.streams.values()
    fine, middle, coarse = sorted(track.bank.rings, key=lambda ring: ring.width_ns)
    oldest, until = -(-coarse.oldest_ns // coarse.width_ns) * coarse.width_ns, START + 50 * MINUTE + 30 * SECOND
    for ring, since_ns, width_ns in [
        (fine, fine.oldest_ns, SLICE),
        (middle, fine.oldest_ns - 1, MINUTE),
        (middle, middle.oldest_ns, MINUTE),
        (coarse, middle.oldest_ns - 1, 15 * MINUTE),
        (coarse, 0, 15 * MINUTE),
    ]:
        past = standstill._past(track, since_ns, until)
        assert past is not None
        assert (past.start_ns, past.width_ns, past.end_ns) == (oldest, width_ns, until // width_ns * width_ns)
        own = past.between(-(-ring.oldest_ns // coarse.width_ns) * coarse.width_ns, until)
        rows = [cell for cell in cells(SLO, own.end_ns, line.outages) if cell.slice_start_ns >= own.start_ns]
        wanted = Past.of(rows, width_ns, own.start_ns, own.end_ns)
        for found, right in ((own.good, wanted.good), (own.bad, wanted.bad), (own.observed, wanted.observed)):
            assert found.tolist() == right.tolist()
        assert int(past.good.sum()) == EACH * ((past.end_ns - BEGIN) // SLICE) - int(past.bad.sum())


@pytest.mark.parametrize(
    ("slo", "step_ns", "outages"),
    [
        pytest.param(SLO, SLICE, [(60, 300)], id="events"),
        pytest.param(LATER, SLICE, [(-300, -60)], id="what was not judged yet"),
        pytest.param(SLICED, MINUTE, [(60, 300)], id="slices"),
    ],
)
def test_windows_are_as_they_were_where_the_finest_slots_are_kept(slo: Slo, step_ns: int, outages: Outages) -> None:
    wanted, found = both(slo, 20 * MINUTE, step_ns, outages)
    assert facts(found) == facts(wanted) != []
    windows = ({row.id: (row.tier.long, row.tier.short) for row in rows} for rows in (wanted, found))
    assert next(windows) == next(windows)


def test_of_a_time_longer_than_anything_is_kept_the_rest_is_judged_by_quarters_of_an_hour() -> None:
    line = Line(COARSELY, [(108_000, 109_800)])
    line.tick(START)
    assert [(_second(row), row.tier.tier.name, row.change) for row in line.missed(line.away(START + 40 * HOUR))] == [
        (108_900, "page-1h", Change.FIRED),
        (108_900, "ticket-12h", Change.FIRED),
        (111_600, "page-1h", Change.CLEARED),
        (112_500, "ticket-12h", Change.CLEARED),
    ]


def test_what_failed_shortly_before_may_fire_a_tier_that_asks_for_lasting_burning() -> None:
    """Its short window of ten minutes still burns when nobody looks any more."""
    lasting = replace(SLO, alerting=alerting(FINE[0], tier("ticket-2h", 2 * HOUR, 10 * MINUTE, 2, after_ns=7 * MINUTE)))
    wanted, found = both(lasting, 30 * MINUTE, SLICE, [(-200, -10)])
    assert facts(found) == facts(wanted)
    assert [row.tier.tier.name for row in found] == ["ticket-2h"] * 2


def test_chance_keeps_a_tier_from_firing_then_as_it_does_now() -> None:
    """Three events in ten seconds: when the page burns, chance might still have done it."""
    doubted = replace(SLO, alerting=alerting(FINE[0], signals=replace(UNGATED, significance=Fraction(1, 10**90))))
    wanted, found = both(doubted, 30 * MINUTE, SLICE, [(300, 600)], each=3)
    _, sure = both(replace(SLO, alerting=alerting(FINE[0])), 30 * MINUTE, SLICE, [(300, 600)], each=3)
    assert facts(found) == facts(wanted)
    assert sure[0].event_ns < found[0].event_ns < START + 600 * SECOND
