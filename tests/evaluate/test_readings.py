"""One window of one stream: what of it is missing, and when a shortfall is no more than jitter."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from slo_service.domain.budgeting import RatioTimeslices
from slo_service.domain.indicator import Lag, Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.signals import Signals
from slo_service.domain.slo import WORKBOOK, Alerting, Slo
from slo_service.domain.status import Reading
from slo_service.domain.tally import Tally
from slo_service.evaluate.chance.gate import gate
from slo_service.evaluate.counts.bank import Bank
from slo_service.evaluate.counts.expectation import Expectation
from slo_service.evaluate.counts.reading import is_jitter, read, read_at
from slo_service.evaluate.counts.slots import Slots
from slo_service.evaluate.counts.track import Track, TrackKey
from slo_service.evaluate.counts.window import Window
from tests.domain.test_objectives import SLO

AT = 1_000 * HOUR
LOOKS = replace(SLO, indicator=Lag("cleaning", MINUTE))


def track(slo: Slo, counts: tuple[int, int, int], often: Fraction | int | None = 1, sources: int = 1) -> Track:
    """A track that stands at `AT` with these counts (good, bad, cells) in its last whole slice."""
    bank = Bank(Slots.of_width(slo.slice_width_ns), 0, 0, DAY)
    bank.reserve(1)
    bank.index_of(Window(HOUR))
    made = Track(TrackKey.of(slo), bank, bank.take())
    bank.roll(AT)
    slot = AT // bank.slots.fine_ns - 1
    bank.add(np.array([slot]), np.array([made.column]), np.array(counts).reshape(3, 1))
    bank.advance_one(made.column, AT)
    if often is not None:
        made.expects(Schedule(slo.stream.id, 0, Fraction(often), sources))
    return made


def reading(slo: Slo, counts: tuple[int, int, int], often: Fraction | int | None = 1, sources: int = 1) -> Reading:
    return read(track(slo, counts, often, sources), Window(HOUR), slo.objective)


def test_events_that_were_expected_and_not_judged_are_missing() -> None:
    found = reading(SLO, (1700, 100, 1))
    assert (found.tally, found.unmeasured_events, found.coverage) == (Tally(1700, 100), 1800, Fraction(1, 2))
    assert found.burn == Fraction(100, 1800) * 1000
    assert (found.length_ns, found.unit) == (HOUR, 1)


def test_nothing_judged_of_what_was_expected_is_nothing_known() -> None:
    found = reading(SLO, (0, 0, 0))
    assert (found.tally, found.unmeasured_events, found.coverage, found.burn) == (Tally(), 3600, 0, None)


def test_more_events_than_expected_leave_none_missing() -> None:
    found = reading(SLO, (4000, 0, 1))
    assert (found.unmeasured_events, found.coverage, found.burn) == (0, 1, 0)


@pytest.mark.parametrize(
    ("missing", "sources", "jitter"),
    [
        pytest.param(Fraction(0), 1, True, id="none"),
        pytest.param(Fraction(999, 1000), 1, True, id="less than one of one source"),
        pytest.param(Fraction(1), 1, False, id="one of one source"),
        pytest.param(Fraction(8), 9, True, id="few of several"),
        pytest.param(Fraction(9), 9, False, id="one of each"),
        pytest.param(Fraction(29), 100, True, id="within three roots of many"),
        pytest.param(Fraction(30), 100, False, id="three roots of many"),
        pytest.param(Fraction(-50), 1, True, id="more than expected"),
    ],
)
def test_a_shortfall_that_random_instants_explain_is_jitter(missing: Fraction, sources: int, jitter: bool) -> None:
    assert is_jitter(missing, sources) is jitter


def test_a_shortfall_of_jitter_counts_as_fully_measured() -> None:
    found = reading(SLO, (359, 0, 1), often=Fraction(719, 7200))
    assert (found.unmeasured_events, found.coverage) == (0, 1)


def test_of_what_was_never_scheduled_nothing_can_be_said() -> None:
    found = reading(SLO, (50, 50, 1), often=None)
    assert (found.tally, found.unmeasured_events, found.coverage, found.burn) == (Tally(), 0, 0, None)


def test_where_nothing_is_expected_nothing_is_covered() -> None:
    found = reading(SLO, (0, 0, 0), often=0)
    assert (found.unmeasured_events, found.coverage) == (0, 0)


def test_looks_are_covered_by_the_cells_that_were_looked_at() -> None:
    found = reading(LOOKS, (170, 10, 180), often=Fraction(1, 10))
    assert (found.coverage, found.unmeasured_events) == (Fraction(1, 2), 180)
    assert reading(LOOKS, (400, 0, 400), often=Fraction(1, 10)).coverage == 1
    assert reading(LOOKS, (360, 0, 360), often=Fraction(1, 10), sources=2).coverage == Fraction(1, 2)


def test_the_slice_that_the_watermark_cuts_is_not_due_and_does_not_count_as_looked_at() -> None:
    made = track(LOOKS, (1, 0, 180), often=Fraction(1, 10))
    bank = made.bank
    bank.roll(AT + 5 * SECOND)
    bank.add(np.array([AT // bank.slots.fine_ns]), np.array([made.column]), np.array([[1], [0], [1]]))
    bank.advance_one(made.column, AT + 5 * SECOND)
    found = read(made, Window(HOUR), LOOKS.objective)
    assert found.tally == Tally(2, 0)
    assert found.coverage == Fraction(180, 360)


def test_a_window_at_another_instant_is_summed_from_its_slots() -> None:
    made = track(SLO, (1700, 100, 1))
    earlier, now = (read_at(made, Window(HOUR), SLO.objective, at) for at in (AT - MINUTE, AT))
    assert (earlier.tally, earlier.coverage) == (Tally(), 0)
    assert now == read(made, Window(HOUR), SLO.objective)


def test_parts_of_slices_say_how_many_counts_make_one() -> None:
    slo = replace(SLO, budgeting=RatioTimeslices(MINUTE))
    assert reading(slo, (10**9, 0, 10**9)).unit == 10**9


CANARIES = Expectation([Schedule("s", 0, Fraction(1, 10), 1)])
FEW = Reading(HOUR, Tally(358, 2), Fraction(0), Fraction(1), Fraction(5))


@pytest.mark.parametrize(
    ("slo", "expectation", "tier", "held_back"),
    [
        pytest.param(SLO, CANARIES, WORKBOOK[0], True, id="few failures do not page"),
        pytest.param(SLO, CANARIES, WORKBOOK[3], True, id="nor do they open a ticket at the objective itself"),
        pytest.param(SLO, CANARIES, replace(WORKBOOK[2], burn=Fraction(2)), False, id="above it they do"),
        pytest.param(SLO, Expectation(), WORKBOOK[0], False, id="where nobody knows the sources"),
        pytest.param(
            replace(SLO, alerting=Alerting(signals=Signals(significance=Fraction(1)))),
            *(CANARIES, WORKBOOK[0], False),
            id="where the gate is off",
        ),
    ],
)
def test_few_events_hold_a_tier_back_and_say_so(slo, expectation, tier, held_back: bool) -> None:
    said = gate(slo, expectation, tier, FEW)
    assert bool(said) is held_back
