import math
from dataclasses import replace
from fractions import Fraction

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from slo_service.collect.ports import GroupAge, PartitionAge
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta
from slo_service.domain.instant import HOUR, SECOND
from slo_service.domain.status import State
from slo_service.domain.tally import Tally
from slo_service.show.metrics import EventCounters, exposition, metrics
from slo_service.show.ports import CollectorHealth
from tests.show.fakes import CATALOGUE, COMPLETENESS, FRESHNESS, HEALTH, NOW, WATERMARK, World, status

Labels = frozenset[tuple[str, str]]


def scraped(world: World, counters: EventCounters | None = None) -> dict[tuple[str, Labels], float]:
    body, _ = exposition(world, world, counters or EventCounters())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def of(name: str, **labels: str) -> tuple[str, Labels]:
    return name, frozenset(labels.items())


def fresh(name: str, **labels: str) -> tuple[str, Labels]:
    return of(name, slo="orders-freshness", service="orders", pipeline="orders", **labels)


def names(series: dict[tuple[str, Labels], float]) -> set[str]:
    return {name for name, _ in series}


def test_figures_are_those_of_the_last_evaluation() -> None:
    series = scraped(World())
    assert series[fresh("slo_objective_ratio")] == 0.999
    assert series[fresh("slo_burn_rate", window="1h")] == pytest.approx(600 / 21.6)
    assert series[fresh("slo_error_ratio", window="1h")] == pytest.approx(600 / 21_600)
    assert series[fresh("slo_error_budget_remaining_ratio")] == pytest.approx(1 - 600 / 14_515.2)
    assert series[fresh("slo_tier_firing", tier="page-1h", severity="page")] == 1
    assert series[fresh("slo_tier_firing", tier="page-6h", severity="page")] == 0
    assert series[fresh("slo_watermark_timestamp_seconds")] == WATERMARK / 1e9
    assert series[of("slo_consumer_group_age_seconds", pipeline="orders", stage="enrich", group="orders-enricher")] == 5
    assert series[of("slo_oldest_pending_canary_age_seconds", pipeline="orders", canary="orders-canary")] == 12
    assert series[of("slo_service_late_samples_total")] == 3


def test_exactly_one_state_is_set() -> None:
    series = scraped(World())
    states = {dict(labels)["state"]: v for (n, labels), v in series.items() if n == "slo_state"
              and dict(labels)["slo"] == "orders-freshness"}  # fmt: skip
    assert states == {"burning": 1, "warn": 0, "frozen": 0, "warming": 0, "healthy": 0, "unknown": 0}


def test_an_objective_not_judged_yet_has_zeroed_counters_and_no_figures() -> None:
    series = scraped(World(judged={}))
    assert series[fresh("slo_events_total", result="bad")] == 0
    assert series[fresh("slo_state", state="unknown")] == 1
    assert not {"slo_burn_rate", "slo_coverage_ratio", "slo_error_budget_remaining_ratio"} & names(series)


def test_what_was_not_measured_has_no_ratio_but_has_its_coverage() -> None:
    judged = status(FRESHNESS, State.FROZEN)
    nothing = replace(judged.readings[HOUR], tally=Tally(), coverage=Fraction(0), burn=None)
    series = scraped(World(judged={FRESHNESS.name: replace(judged, readings={HOUR: nothing})}))
    assert fresh("slo_burn_rate", window="1h") not in series
    assert fresh("slo_error_ratio", window="1h") not in series
    assert series[fresh("slo_coverage_ratio", window="1h")] == 0
    assert series[fresh("slo_unmeasured_seconds", window="1h")] == 3600
    assert series[fresh("slo_tier_frozen", tier="page-1h", severity="page")] == 1


@pytest.mark.parametrize(
    ("world", "absent"),
    [
        pytest.param(
            World(ages=(GroupAge("orders", "enrich", "g", "t", NOW, (PartitionAge(0, None, 9, None, None),)),)),
            "slo_consumer_group_age_seconds",
            id="a partition without committed offset",
        ),
        pytest.param(World(traces=[]), "slo_oldest_pending_canary_age_seconds", id="no canary known"),
        pytest.param(World(views={}), "slo_job_paused", id="a job nobody has read"),
        pytest.param(
            World(service=replace(HEALTH, collectors=(CollectorHealth("c", "canary", None),))),
            "slo_collector_up",
            id="a collector that has not tried",
        ),
    ],
)
def test_an_unknown_is_an_absent_series(world: World, absent: str) -> None:
    assert absent in names(scraped(World()))
    assert absent not in names(scraped(world))


@pytest.mark.parametrize("world", [World(), World(judged={}, views={}, ages=(), traces=[])])
def test_no_figure_is_nan_or_a_sentinel(world: World) -> None:
    values = scraped(world).values()
    assert all(math.isfinite(value) and value != -1 for value in values)


def test_events_are_counted_on_the_stream_of_each_objective() -> None:
    counters = EventCounters()
    counters.add([Delta(FRESHNESS.stream.id, 0, 7, 2, 1), Delta(COMPLETENESS.stream.id, 0, 9, 0, 1)])
    series = scraped(World(), counters)
    assert series[fresh("slo_events_total", result="good")] == 7
    assert series[fresh("slo_events_total", result="bad")] == 2
    assert series[fresh("slo_corrections_total", result="bad")] == 0


def test_the_series_of_a_removed_objective_disappear() -> None:
    world = World(definitions=Catalogue(slos={COMPLETENESS.name: COMPLETENESS}))
    assert {dict(labels)["slo"] for _, labels in scraped(world) if "slo" in dict(labels)} == {"orders-completeness"}


def test_a_load_that_failed_is_visible_beside_the_load_in_force() -> None:
    world = World(service=replace(HEALTH, load=replace(HEALTH.load, ok=False, number=4)))
    series = scraped(world)
    assert (series[of("slo_definitions_last_load_ok")], series[of("slo_definitions_load_number")]) == (0, 4)


def test_no_label_holds_a_secret_of_the_definitions() -> None:
    world = World(definitions=CATALOGUE)
    assert b"planted-secret" not in exposition(world, world, EventCounters())[0]


@pytest.mark.parametrize(
    ("accept", "content_type", "ends_with_eof"),
    [
        ("", "text/plain", False),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text", True),
    ],
)
async def test_a_scraper_gets_the_format_it_accepts(accept: str, content_type: str, ends_with_eof: bool) -> None:
    world = World(now=NOW + SECOND)
    app = FastAPI()
    app.include_router(metrics(world, world, EventCounters()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        answer = await client.get("/metrics", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith(content_type)
    assert answer.text.endswith("# EOF\n") is ends_with_eof
    assert 'slo_state{pipeline="orders",service="orders",slo="orders-freshness",state="burning"} 1.0' in (
        answer.text.replace('slo="orders-freshness",service="orders",pipeline="orders"',
                            'pipeline="orders",service="orders",slo="orders-freshness"'))  # fmt: skip
