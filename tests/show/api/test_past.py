"""The derived history of one objective."""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from slo_service.domain.adjustment import Adjustment, Category, Span
from slo_service.domain.budgeting import Timeslices
from slo_service.domain.cell import Delta
from slo_service.domain.indicator import Composite, Member, Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND, floor_to, rfc3339
from slo_service.domain.policy import Selector
from slo_service.domain.status import Budget, Reading, State
from slo_service.domain.tally import Tally
from slo_service.show.retrospect import bursts
from tests.show.api.asking import asking
from tests.show.fakes import CATALOGUE, FRESHNESS, WATERMARK, World, status

STREAM = FRESHNESS.stream.id
WIDTHS = (10 * SECOND, MINUTE, 15 * MINUTE)
OUTAGE = floor_to(WATERMARK - 5 * HOUR, 15 * MINUTE)


class Kept(World):
    """Six events every ten seconds for three days, of which those at the given slices fail; rows of every width."""

    def fail(self, slices: Iterable[int], stream: str = STREAM) -> None:
        bad = set(slices)
        self.failed = {stream: bad}
        self.expected = (Schedule(STREAM, WATERMARK - 60 * DAY, Fraction(6, 10), 6),)
        good, reading = 3 * DAY // (10 * SECOND) * 6 - 6 * len(bad), 6 * len(bad)
        whole = Reading(28 * DAY, Tally(good, reading), Fraction(0), Fraction(1), Fraction(1))
        budget = Budget(whole, 1 - Fraction(reading, 240), False, Fraction(240))
        self.judged = {FRESHNESS.name: replace(status(FRESHNESS, State.HEALTHY), budget=budget)}

    async def cells(self, stream: str, width_ns: int, since_ns: int, until_ns: int) -> list[Delta]:
        assert width_ns in WIDTHS
        oldest = WATERMARK - (2 * DAY if width_ns == 10 * SECOND else 3 * DAY)
        rows: dict[int, list[int]] = {}
        for at in range(floor_to(max(since_ns, oldest), width_ns), min(until_ns, WATERMARK), 10 * SECOND):
            row = rows.setdefault(floor_to(at, width_ns), [0, 0, 0])
            row[0 if at not in self.failed.get(stream, ()) else 1] += 6
            row[2] += 6
        return [Delta(stream, start, good, bad, due) for start, (good, bad, due) in rows.items()]


def slices(start_ns: int, count: int) -> list[int]:
    return [start_ns + 10 * SECOND * index for index in range(count)]


@pytest.fixture
def world() -> Kept:
    """One outage of five minutes five hours ago, and one failed slice two and a half days ago."""
    made = Kept()
    made.fail([*slices(OUTAGE, 30), *slices(OUTAGE - 55 * HOUR, 1)])
    return made


async def told(world: World, query: str = "") -> Any:
    answer = await asking(world, f"/api/v1/slos/orders-freshness/history{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_worst_stretch_of_each_length_is_the_one_that_holds_the_outage(world: Kept) -> None:
    body = await told(world)
    assert (body["worst"]["5m"]["error_ratio"], body["worst"]["5m"]["from"]) == (1.0, rfc3339(OUTAGE))
    assert body["worst"]["1h"]["bad"] == 180
    assert body["worst"]["7d"] is None  # three days are no half of it


async def test_failures_are_told_in_episodes(world: Kept) -> None:
    failures = (await told(world))["failures"]
    assert (failures["episodes"], failures["bad"], failures["truncated"]) == (2, 186, False)
    first, second = failures["rows"]
    assert (first["bad"], second["from"], second["to"]) == (6, rfc3339(OUTAGE), rfc3339(OUTAGE + 5 * MINUTE))
    assert second["budget_share"] == 0.75


async def test_a_past_stay_of_a_tier_is_found_in_what_is_kept(world: Kept) -> None:
    body = await told(world, f"?from={rfc3339(OUTAGE - HOUR)}")
    page = next(stay for stay in body["stays"] if stay["tier"] == "page-1h")
    assert page["fired"] == rfc3339(OUTAGE + 70 * SECOND)  # seven rounds; six are within chance
    assert (page["long"]["bad"], page["began_before"]) == (42, False)
    assert page["cleared"] is not None
    assert (body["judged_every_seconds"], body["judged"]["from"]) == (10.0, rfc3339(OUTAGE - HOUR))


async def test_a_range_that_slices_do_not_reach_is_judged_by_the_minute(world: Kept) -> None:
    body = await told(world, f"?from={rfc3339(WATERMARK - 60 * HOUR)}")
    assert body["judged_every_seconds"] == 60.0
    page = next(stay for stay in body["stays"] if stay["tier"] == "page-1h")
    assert page["fired"] == rfc3339(OUTAGE + 2 * MINUTE)


async def test_only_the_range_that_is_asked_for_is_told_of(world: Kept) -> None:
    asked = f"?from={rfc3339(OUTAGE - 6 * HOUR)}&to={rfc3339(OUTAGE)}"
    body = await told(world, asked)
    assert (body["failures"]["episodes"], body["stays"]) == (0, [])
    assert body["worst"]["1h"]["error_ratio"] == 0.0


async def test_what_lies_after_the_watermark_is_left_out_of_the_range(world: Kept) -> None:
    assert (await told(world, f"?to={rfc3339(WATERMARK + DAY)}"))["range"]["to"] == rfc3339(WATERMARK)


async def test_the_budget_comes_back_when_the_outage_leaves_the_window(world: Kept) -> None:
    whole, tenth, half = (await told(world))["comes_back"]
    assert (whole["budget_above"], whole["bad_rolled_off"]) == (0.0, 0)  # it is above nothing already
    assert tenth["budget_above"] == 0.1
    assert half["at"].startswith("2026-12-18")  # 28 days after the outage
    assert half["rolls_off"][-1]["bad"] == 180


async def test_failures_in_one_burst_are_told_to_be_dispersed(world: Kept) -> None:
    assert (await told(world))["bursts"]["variance_to_mean"] == pytest.approx(180, rel=0.02)
    world.fail([OUTAGE + at * HOUR for at in range(4)])
    assert (await told(world))["bursts"]["variance_to_mean"] == pytest.approx(6, rel=0.05)
    world.fail([])
    assert (await told(world))["bursts"]["variance_to_mean"] is None


async def test_excluded_time_is_no_failure(world: Kept) -> None:
    span = (Span(OUTAGE, OUTAGE + 15 * MINUTE),)
    work = Adjustment("restart", Selector(), Category.MAINTENANCE, "ana", "announced", span)
    world.definitions = replace(CATALOGUE, adjustments={"restart": work})
    body = await told(world, f"?from={rfc3339(OUTAGE - HOUR)}")
    assert (body["failures"]["bad"], body["stays"]) == (0, [])


async def test_without_a_schedule_nothing_is_judged_and_the_reason_is_given(world: Kept) -> None:
    world.expected = ()
    body = await told(world)
    assert (body["stays"], set(body["worst"].values())) == (None, {None})
    assert body["reason"] == "it is not known how much was expected"
    assert body["failures"]["episodes"] == 2


async def test_several_indicators_as_one_have_failures_and_no_worst_stretch(world: Kept) -> None:
    member = Member("fresh", FRESHNESS.indicator, Fraction(99, 100))
    whole = replace(FRESHNESS, indicator=Composite((member,)))
    world.definitions = replace(CATALOGUE, slos={FRESHNESS.name: whole})
    body = await told(world)
    assert (body["stays"], set(body["worst"].values()), body["comes_back"]) == (None, {None}, [])
    assert (body["failures"]["bad"], body["failures"]["rows"][0]["budget_share"]) == (186, None)


async def test_slices_of_time_are_read_from_their_own_stream(world: Kept) -> None:
    sliced = replace(FRESHNESS, budgeting=Timeslices(Fraction(99, 100), 5 * MINUTE))
    world.definitions = replace(CATALOGUE, slos={FRESHNESS.name: sliced})
    world.fail(slices(OUTAGE, 30), sliced.counted)
    assert sliced.counted.endswith(".slices")
    assert (await told(world))["failures"]["bad"] == 180


async def test_of_an_objective_without_figures_nothing_is_told_and_the_reason_is() -> None:
    body = await told(World(judged={}))
    assert (body["reason"], body["failures"], body["forecast"]) == ("nothing is judged yet", None, None)


async def test_without_a_store_the_past_is_503() -> None:
    answer = await asking(World(store_is_away=True), "/api/v1/slos/orders-freshness/history")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "store_unavailable")


async def test_excluded_time_is_not_missing_from_the_stretches_it_lies_in(world: Kept) -> None:
    span = (Span(OUTAGE, OUTAGE + 15 * MINUTE),)
    work = Adjustment("restart", Selector(), Category.MAINTENANCE, "ana", "announced", span)
    world.definitions = replace(CATALOGUE, adjustments={"restart": work})
    asked = f"?from={rfc3339(OUTAGE - 15 * MINUTE)}&to={rfc3339(OUTAGE + 45 * MINUTE)}"
    assert (await told(world, asked))["worst"]["1h"]["coverage"] == 1.0


async def test_a_run_of_failures_is_one_episode_though_its_rows_are_of_two_widths(world: Kept) -> None:
    turn = -floor_to(2 * DAY - WATERMARK, 15 * MINUTE)  # before it only rows of a minute are kept
    world.fail(slices(turn - MINUTE, 12))
    (row,) = (await told(world))["failures"]["rows"]
    assert (row["bad"], row["from"], row["to"]) == (72, rfc3339(turn - MINUTE), rfc3339(turn + MINUTE))


async def test_a_failure_of_the_last_moment_is_not_missing_from_the_episodes(world: Kept) -> None:
    world.judged[FRESHNESS.name] = replace(world.judged[FRESHNESS.name], watermark_ns=WATERMARK - 4 * SECOND)
    world.failed = {STREAM: set(slices(WATERMARK - 10 * SECOND, 1))}
    assert (await told(world))["failures"]["bad"] == 6


def test_stretches_that_nobody_looked_at_say_nothing_of_bursts() -> None:
    start = floor_to(WATERMARK - HOUR, 5 * MINUTE)
    rows = [Delta(STREAM, start, 27, 3, 30), Delta(STREAM, start + 30 * MINUTE, 29, 1, 30)]
    assert bursts(FRESHNESS, rows, WATERMARK) == 1.0
    assert bursts(replace(FRESHNESS, budgeting=Timeslices(Fraction(1, 2), MINUTE)), rows, WATERMARK) is None
