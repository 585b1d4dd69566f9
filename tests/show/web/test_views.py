from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.cell import Delta
from slo_service.domain.event import Change, Hold, Wanted, WantedState
from slo_service.domain.instant import DAY, MINUTE, SECOND
from slo_service.domain.slo import Severity
from slo_service.domain.status import Phase, State
from slo_service.show.ports import JobView
from slo_service.show.web.spend import COARSE, Past, days_spent
from slo_service.show.web.view import marks
from slo_service.show.web.view.decision import steps
from slo_service.show.web.view.jobs import job_rows
from slo_service.show.web.view.objective import lede, objective_view, strip_of
from slo_service.show.web.view.overview import Query, headline, overview, selected
from slo_service.show.web.view.pipeline import chosen, episodes
from slo_service.show.web.view.tiers import coming, measured_still_needed
from tests.show.web.declared import NOON, catalogue
from tests.show.web.judged import statuses
from tests.show.web.seeded import Seeded

KNOWN = catalogue()
JUDGED = statuses(NOON)


def plain(text: str) -> str:
    return text.replace("\u202f", " ")


def test_the_most_urgent_objective_stands_first_and_within_a_state_the_smallest_budget():
    names = [slo.name for slo in selected(KNOWN, JUDGED, Query())]
    assert names[:4] == ["orders-freshness", "orders-completeness", "clickstream-freshness", "orders-lag"]


def test_an_objective_without_a_status_is_not_called_healthy():
    view = overview(KNOWN, {}, {}, {}, {}, Query())
    assert {row.mark.word for row in view.rows} == {"Not judged yet"}
    assert view.headline.startswith("0 of 9 objectives are healthy")


def test_the_headline_counts_what_burns_and_what_is_held():
    head, rest, aside = headline(KNOWN, JUDGED, Seeded().jobs())
    assert head + rest == "2 of 9 objectives are burning, both on orders; 2 of 4 jobs are paused."
    assert "1 is frozen: not measured now" in aside


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param(Query(state="frozen"), {"inventory-freshness"}, id="by state"),
        pytest.param(Query(q="importance=1 fresh"), {"orders-freshness"}, id="by label and word"),
        pytest.param(Query(q="importance"), set(), id="a label is matched whole"),
        pytest.param(Query(pipeline="clickstream"), {"clickstream-freshness", "sessions-duplicates"}, id="by pipeline"),
    ],
)
def test_a_filter_leaves_only_what_matches(query, found):
    assert {slo.name for slo in selected(KNOWN, JUDGED, query)} == found


def test_facets_count_what_each_state_would_show_under_the_other_filters():
    view = overview(KNOWN, JUDGED, {}, {}, {}, Query(state="frozen", pipeline="orders"))
    assert {facet.key: facet.number for facet in view.facets}["burning"] == 2
    assert view.rows == ()


def test_a_page_beyond_the_last_shows_the_last():
    assert len(overview(KNOWN, JUDGED, {}, {}, {}, Query(page=99)).rows) == 9


def test_an_overspent_budget_without_a_firing_tier_is_called_over_budget():
    assert marks.of_status(JUDGED["clickstream-freshness"]) is marks.OVER_BUDGET
    assert marks.of_status(JUDGED["orders-lag"]) is marks.WARN


def test_the_lede_says_how_many_of_how_many():
    said = plain(lede(KNOWN.slos["orders-freshness"], JUDGED["orders-freshness"]))
    assert said.startswith("255 of 2,160 canaries of the last hour were bad, 118× the pace")
    assert "None of the 180 canaries of the last 5 min was bad" in said


def test_frozen_is_said_to_be_neither_good_nor_bad():
    assert "neither good nor bad" in lede(KNOWN.slos["inventory-freshness"], JUDGED["inventory-freshness"])


def test_a_warming_tier_says_how_much_measured_time_it_still_needs():
    tier = JUDGED["inventory-completeness"].tiers[0]
    assert measured_still_needed(tier) == 150 * SECOND  # nine tenths of five minutes, two of which are measured
    assert "needs 2 min 30 s more" in plain(coming(tier, 0))


def test_a_firing_tier_that_no_longer_burns_says_when_it_goes_quiet():
    tier = replace(JUDGED["orders-freshness"].tiers[1], phase=Phase.FIRING, burning=False, quiet_ns=3 * MINUTE)
    assert "quiet in 12 min" in plain(coming(tier, 15 * MINUTE))


def test_a_frozen_tier_is_never_called_quiet():
    tier = JUDGED["inventory-freshness"].tiers[0]
    assert marks.of_tier(tier).word == "Frozen"
    assert coming(tier, 0) == "quiet, frozen until measured again"


def test_a_day_without_cells_is_unmeasured_and_a_day_without_bad_ones_is_not():
    cells = [Delta("s", NOON - 2 * DAY + MINUTE, 10, 0, 1), Delta("s", NOON - MINUTE, 9, 1, 1)]
    assert days_spent(cells, Fraction(4), 3 * DAY, NOON) == [None, 0.0, 0.25]


async def test_past_cells_are_asked_for_once_in_a_while_and_not_with_every_tick():
    seeded = Seeded()
    past = Past(seeded)
    for seconds in range(12):
        await past.cells("s", COARSE, DAY, NOON + seconds * SECOND)
    assert seeded.asked_at == [NOON, NOON + 10 * SECOND]


def test_a_slot_that_was_mostly_unmeasured_is_hatched():
    slo, status = KNOWN.slos["orders-freshness"], JUDGED["orders-freshness"]
    whole = [Delta("s", NOON - MINUTE * ago, 6, 0, 1) for ago in range(120, 0, -1)]
    gap = [cell for cell in whole if not 60 < (NOON - cell.slice_start_ns) // MINUTE <= 63]
    hatched = [strip_of(slo, status, minutes)[0].count('class="hatch"') for minutes in (whole, gap)]
    assert hatched[1] == hatched[0] + 2  # one slot, in the wide and in the narrow drawing


def test_nothing_is_drawn_for_an_objective_that_was_never_judged():
    view = objective_view(KNOWN.slos["orders-lag"], None, (), (), ())
    assert view.tiles[0].name == "Objective"
    assert len(view.tiles) == 1
    assert view.budget == ""


async def test_a_page_that_is_still_open_is_shaded_until_now():
    seeded = Seeded()
    fired = [each for each in await seeded.transitions(None, 10) if each.opens]
    assert episodes(fired, NOON) == [(fired[0].event_ns, NOON)]
    closed = replace(fired[0], change=Change.CLEARED, opens=False, closes=True, event_ns=NOON - MINUTE)
    assert episodes([*fired, closed], NOON) == [(fired[0].event_ns, NOON - MINUTE)]
    assert episodes([replace(fired[0], severity=Severity.TICKET)], NOON) == []


@pytest.mark.parametrize(("asked", "given"), [(15, 15), (-3, 5), (10_000, 90)])
def test_any_span_in_the_url_shows_the_nearest_on_offer(asked, given):
    assert chosen(asked) == given


def test_a_job_that_someone_else_paused_is_not_ours_to_undo():
    views = {"orders-search-reindex": JobView("orders-search-reindex", "paused", NOON, None, ())}
    row = next(row for row in job_rows(KNOWN.jobs_of("orders"), views, {}) if row.name == "orders-search-reindex")
    assert row.by_others


def test_a_released_hold_no_longer_holds():
    hold = Hold("h", "e", "job:orders-lake-export", "d", NOON - MINUTE, released_ns=NOON)
    wanted = WantedState("job:orders-lake-export", 2, Wanted.RUNNING, NOON, "d")
    views = {"orders-lake-export": JobView("orders-lake-export", "paused", NOON, wanted, (hold,))}
    row = next(row for row in job_rows(KNOWN.jobs_of("orders"), views, {}) if row.name == "orders-lake-export")
    assert row.holders == ()
    assert row.note == "resuming"


async def test_the_chain_of_a_decision_is_told_cause_first():
    chain = await Seeded().chain("de-1")
    assert chain is not None
    assert [step.title for step in steps(chain)] == [
        "Transition",
        "Decision",
        "Hold",
        "Wanted state",
        "Delivery",
        "Undo",
    ]
    undone = replace(chain, undo=(replace(chain.decision, id="de-9", action="resumeJobs", reason="quiet for 15 min"),))
    assert steps(undone)[-1].links == (("de-9", "resume orders-lake-export: quiet for 15 min"),)


def test_every_state_has_a_word_and_a_shape_of_its_own():
    looks = {(marks.of_state(state).tone, marks.of_state(state).word) for state in State}
    assert len({tone for tone, _ in looks}) == len({word for _, word in looks}) == len(State)
