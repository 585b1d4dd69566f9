"""When and for which objectives adjustments are looked for, and what they do to their tracks."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.adjustment import Adjustment, Category, Replay, Span
from slo_service.domain.budgeting import Timeslices
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.indicator import Lag
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.policy import Selector
from slo_service.domain.status import State
from slo_service.evaluate.evaluator import Evaluator
from slo_service.evaluate.floor import Floor
from tests.evaluate.test_evaluator_asked import OTHER, SLO, an_evaluator, ticked
from tests.evaluate.timeline import START


def work(span: Span, category: Category = Category.MAINTENANCE, **more: object) -> Adjustment:
    made = Adjustment("work", Selector(names=(SLO.name,)), category, "ana", "announced", (span,))
    return replace(made, **more)  # type: ignore[arg-type] # fields of an adjustment


def adjusted(evaluator: Evaluator) -> dict[str, tuple[str, ...]]:
    return {track.key.stream: track.key.adjustments for h in evaluator.floor.halls.values() for track in h.tracks
            if track.key.adjustments}  # fmt: skip


KNOWN = {SLO.counted: ("work",)}
SOON, PAST = START + 2 * DAY, START - 31 * DAY  # the window of 30 days, and a day


@pytest.mark.parametrize(
    ("span", "found"),
    [
        pytest.param(Span(SOON - SECOND, SOON + HOUR), KNOWN, id="it begins within two days"),
        pytest.param(Span(SOON, SOON + HOUR), {}, id="it begins after two days"),
        pytest.param(Span(PAST - HOUR, PAST + SECOND), KNOWN, id="it ended less than a day before the longest window"),
        pytest.param(Span(PAST - HOUR, PAST), {}, id="it ended a day before that"),
    ],
)
def test_adjustments_are_known_from_a_day_before_the_longest_window_to_two_days_ahead(
    span: Span, found: dict[str, tuple[str, ...]]
) -> None:
    evaluator = an_evaluator(SLO, OTHER, adjustments=(work(span),))
    assert adjusted(evaluator) == {}
    evaluator.adjust(START)
    assert adjusted(evaluator) == found


def test_adjustments_are_looked_for_anew_after_an_hour_forward_or_back() -> None:
    later = an_evaluator(SLO, adjustments=(work(Span(SOON + 30 * MINUTE, SOON + HOUR)),))
    for minutes, found in ((0, {}), (59, {}), (60, KNOWN)):
        later.adjust(START + minutes * MINUTE)
        assert adjusted(later) == found
    soon = an_evaluator(SLO, adjustments=(work(Span(SOON - MINUTE, SOON + HOUR)),))
    for minutes, found in ((0, KNOWN), (-59, KNOWN), (-60, {})):
        soon.adjust(START + minutes * MINUTE)
        assert adjusted(soon) == found


def test_adjustments_are_looked_for_at_the_first_tick_whatever_the_clock_shows() -> None:
    for now in (0, HOUR, 2 * HOUR):
        evaluator = an_evaluator(SLO, adjustments=(work(Span(HOUR, 3 * HOUR)),))
        evaluator.adjust(now)
        assert adjusted(evaluator) == KNOWN


def test_adjustments_that_stay_as_they_were_lay_nothing_out_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluator = an_evaluator(SLO, adjustments=(work(Span(START - HOUR, START)),))
    evaluator.adjust(START)

    def never(*_: object) -> None:
        raise AssertionError("laid out anew")

    monkeypatch.setattr(Floor, "adopt", never)
    evaluator.adjust(START + HOUR)
    assert adjusted(evaluator) == KNOWN


def test_a_reload_looks_for_its_adjustments_at_once_and_forgets_those_that_are_gone() -> None:
    evaluator = an_evaluator(SLO)
    evaluator.tick(START)
    known = Catalogue(slos={SLO.name: SLO})
    evaluator.reload(replace(known, adjustments={"work": work(Span(START - HOUR, START))}), 4, START + SECOND)
    assert adjusted(evaluator) == KNOWN
    evaluator.reload(known, 5, START + 2 * SECOND)
    assert adjusted(evaluator) == {}


def test_edges_snap_to_the_slices_of_the_objective() -> None:
    sliced = replace(SLO, budgeting=Timeslices(Fraction(99, 100), 5 * MINUTE))
    span = Span(START - 59 * MINUTE, START - 46 * MINUTE)
    for slo, found in ((SLO, span), (sliced, Span(START - HOUR, START - 45 * MINUTE))):
        evaluator = an_evaluator(slo, adjustments=(work(span),))
        evaluator.adjust(START)
        assert evaluator.streams[slo.counted].effects.excluded == (found,)


def test_a_replay_leaves_out_what_it_would_spoil_of_the_objective() -> None:
    lag = replace(SLO, indicator=Lag("enrich", 30 * SECOND))
    span = Span(START - HOUR, START)
    for slo, found in ((SLO, ()), (lag, (span,))):
        replay = work(span, Category.REPLAY, replay=Replay(Span(0, 1), "sink"))
        evaluator = an_evaluator(slo, adjustments=(replay,))
        evaluator.adjust(START)
        assert evaluator.streams[slo.counted].effects.excluded == found
        assert evaluator.streams[slo.counted].effects.replays == (span,)


def test_only_what_is_selected_by_its_labels_is_adjusted() -> None:
    ours, theirs = replace(SLO, labels={"team": "a"}), replace(OTHER, labels={"team": "b"})
    evaluator = an_evaluator(
        ours, theirs, adjustments=(work(Span(START - HOUR, START), selector=Selector({"team": "b"})),)
    )
    evaluator.adjust(START)
    assert adjusted(evaluator) == {OTHER.counted: ("work",)}


def test_where_the_clock_is_set_back_far_all_is_filled_anew() -> None:
    evaluator = an_evaluator(SLO, OTHER, stored=True)
    for slo in (SLO, OTHER):
        evaluator.fill(slo.counted, {}, START)
    ticked(evaluator, SLO, OTHER)
    evaluator.adjust(START - 30 * MINUTE)
    assert evaluator.unfilled() == frozenset()
    evaluator.adjust(START - 31 * MINUTE)
    assert evaluator.unfilled() == {SLO.counted, OTHER.counted}
    unsaid = evaluator.tick(START - 31 * MINUTE).statuses[SLO.name]
    assert unsaid.state is State.FROZEN
