import asyncio
from dataclasses import replace
from fractions import Fraction

import pytest

from slo_service.domain.cell import Delta
from slo_service.domain.event import Change, Hold, Wanted, WantedState
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Severity
from slo_service.domain.status import Phase, State
from slo_service.show.ports import JobView
from slo_service.show.web.shared import Shared
from slo_service.show.web.spend import COARSE, Past, days_spent
from slo_service.show.web.view import marks, said
from slo_service.show.web.view.burns import Rows, tier_graphs
from slo_service.show.web.view.decision import steps
from slo_service.show.web.view.doings import done
from slo_service.show.web.view.jobs import Reasons, job_rows, live_holds
from slo_service.show.web.view.lede import lede
from slo_service.show.web.view.objective import PastRows, objective_view, place, strip_of
from slo_service.show.web.view.overview import Query, headline, overview, selected
from slo_service.show.web.view.pipeline import chosen, episodes
from slo_service.show.web.view.said import Said
from slo_service.show.web.view.tiers import coming, fires_from, measured_still_needed
from tests.show.web.declared import NOON, catalogue
from tests.show.web.judged import statuses
from tests.show.web.seeded import Seeded

KNOWN = catalogue()
JUDGED = statuses(NOON)


def plain(text: str | Said) -> str:
    return (text if isinstance(text, str) else said.plain(text)).replace("\u202f", " ")


def test_the_most_urgent_objective_stands_first_and_within_a_state_the_smallest_budget():
    names = [slo.name for slo in selected(KNOWN, JUDGED, Query())]
    assert names[:4] == ["orders-freshness", "orders-completeness", "clickstream-freshness", "orders-lag"]


def test_an_objective_without_a_status_is_not_called_healthy():
    view = overview(KNOWN, {}, {}, {}, {}, Query())
    assert {row.mark.word for row in view.rows} == {"Not judged yet"}
    assert view.headline == "None of 9 objectives can be judged yet"


def test_the_headline_counts_what_burns_and_what_is_held():
    head, rest, aside = headline(KNOWN, JUDGED, Seeded().jobs())
    assert head + plain(rest) == (
        "2 of 9 objectives are burning, both on orders since 10:02:00; nothing was bad in the last 5 min; "
        "2 of 4 jobs are paused."
    )
    assert "1 is frozen: not measured since 10:12:00; verdicts and jobs stay as they are" in plain(aside)


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
    words = plain(lede(KNOWN.slos["orders-freshness"], JUDGED["orders-freshness"]))
    assert words.startswith("255 of 2,160 canaries of the last hour did not arrive within 30 s, 118× the pace")
    assert "None of the 180 canaries of the last 5 min was bad" in words


def test_frozen_is_said_to_be_neither_good_nor_bad():
    assert "neither good nor bad" in plain(lede(KNOWN.slos["inventory-freshness"], JUDGED["inventory-freshness"]))


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
    view = objective_view(KNOWN.slos["orders-lag"], None, PastRows(), ())
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


async def test_the_lede_counts_from_the_first_bad_slice_and_says_since_when_it_is_over():
    slo, status = KNOWN.slos["orders-freshness"], JUDGED["orders-freshness"]
    slices = await Seeded().cells(slo.stream.id, 10 * SECOND, NOON - 2 * HOUR, NOON)
    words = plain(lede(slo, status, slices))
    assert words.startswith("Since 10:02:00, 246 of 1,368 canaries (18 %) did not arrive within 30 s.")
    assert "Fresh again since 10:30:10: none of the 180 canaries of the last 5 min was bad." in words


def test_a_tier_that_cannot_decide_says_how_many_bad_ones_would_fire_it():
    tier = JUDGED["orders-freshness"].tiers[0]
    open_ = replace(tier, phase=Phase.QUIET, burning=None, frozen_since_ns=NOON)
    assert marks.of_tier(open_).word == "Undecided"
    assert fires_from(open_) == 30  # 13.44 × 1/1000 of the 2,160 of an hour is 29.03
    assert plain(coming(open_, 0)) == "quiet until it can be decided: fires from 30 bad on in 1 h"


async def test_the_graphs_of_a_tier_end_at_the_live_figure_and_shade_where_it_fired():
    slo, status = KNOWN.slos["orders-freshness"], JUDGED["orders-freshness"]
    seeded = Seeded()
    slices = Rows(10 * SECOND, await seeded.cells(slo.stream.id, 10 * SECOND, NOON - 2 * HOUR, NOON))
    fine = Rows(MINUTE, await seeded.cells(slo.stream.id, MINUTE, NOON - 25 * HOUR, NOON))
    coarse = Rows(COARSE, await seeded.cells(slo.stream.id, COARSE, NOON - 28 * DAY, NOON))
    graphs = tier_graphs(slo, status, slices, fine, coarse, await seeded.transitions(slo.name, 40))
    fired = graphs["page-6h"]
    assert fired.rows[0].long == "19.7×"
    assert 60 <= len(fired.rows) <= 121
    assert fired.spans
    assert fired.spans[-1][1] == status.watermark_ns
    assert 'class="span"' in fired.short
    highest = max(float(row.short.rstrip("×").replace(",", "")) for row in fired.rows)
    assert highest > 100  # the stall on two of six partitions, over half an hour


def test_a_window_in_which_nothing_was_measured_is_a_gap_and_not_a_zero():
    slo, status = KNOWN.slos["orders-freshness"], JUDGED["orders-freshness"]
    empty = Rows(10 * SECOND, ()), Rows(MINUTE, ()), Rows(COARSE, ())
    rows = tier_graphs(slo, status, *empty, ())["page-1h"].rows
    assert {row.long for row in rows[1:]} == {"not measured"}


def test_where_a_definition_stands_is_told_without_the_folders_of_this_machine():
    assert place("/srv/somewhere/slo_definitions/slos.yaml:11") == "slos.yaml:11"


async def test_what_was_done_names_the_jobs_how_many_of_how_many_and_until_when():
    seeded = Seeded()
    holds = live_holds(seeded.jobs())
    reasons = await Reasons(seeded).of(holds)
    chains = [
        chain for each in await seeded.decisions("orders-freshness", 40) if (chain := await seeded.chain(each.id))
    ]
    paused, message = done(KNOWN, "orders-freshness", holds, reasons, chains)
    assert plain(paused.text + plain(paused.more)) == (
        "We paused 2 of 4 jobs of orders since 10:04:51: orders-feature-backfill and orders-lake-export, "
        "until it has been quiet for 15 min of measured time. "
    )
    said_ = plain(message.text + plain(message.more))
    assert said_ == "payments-oncall was told at 10:04:54: orders-freshness burns 13.9× its budget."
    assert done(KNOWN, "orders-lag", holds, reasons, ()) == ()


async def test_those_who_look_at_one_tick_share_one_drawing():
    drawn: list[int] = []
    tick: dict[str, int] = {}
    shared = Shared[int](lambda: NOON)

    async def draw() -> int:
        drawn.append(1)
        await asyncio.sleep(0)
        return len(drawn)

    assert await asyncio.gather(*(shared.get("orders 15", tick, draw) for _ in range(5))) == [1] * 5
    assert await shared.get("orders 15", {}, draw) == 2
    assert await shared.get("orders 90", {}, draw) == 3


async def test_a_drawing_is_made_anew_when_the_evaluator_stands_still():
    clock = iter([NOON, NOON + SECOND, NOON + 3 * SECOND])
    shared = Shared[int](lambda: next(clock))
    tick: dict[str, int] = {}
    drawn: list[int] = []

    async def draw() -> int:
        drawn.append(1)
        return len(drawn)

    assert [await shared.get("orders", tick, draw) for _ in range(3)] == [1, 1, 2]


def test_an_objective_that_nothing_was_ever_measured_of_has_a_page():
    slo = catalogue().slos["orders-freshness"]
    status = statuses(NOON)["orders-freshness"]
    assert objective_view(slo, status, PastRows(), ()).strip
