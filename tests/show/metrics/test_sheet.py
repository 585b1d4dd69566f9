"""Columns of numbers say what statuses looked at one by one say."""

from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from functools import cache

import pytest
from prometheus_client.parser import text_string_to_metric_families

from slo_service.domain.budgeting import Calendar, RatioTimeslices, Unmeasured
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.cell import Delta, Progress
from slo_service.domain.indicator import Composite, Freshness, Member, Schedule
from slo_service.domain.instant import DAY, HOUR, MINUTE, SECOND
from slo_service.domain.slo import Slo
from slo_service.evaluate.evaluator import Evaluator
from slo_service.evaluate.statuses import Bounded, Glance
from slo_service.show.metrics import EventCounters, exposition
from tests.evaluate.timeline import START, an_slo
from tests.show.fakes import World

PLAIN = an_slo("0.99", HOUR)
MEMBERS = tuple(Member(n, Freshness(n, 5 * SECOND), Fraction(99, 100), Fraction(1, 2)) for n in ("left", "right"))


def other(name: str, **changes: object) -> Slo:
    return replace(PLAIN, name=name, indicator=Freshness(name, 5 * SECOND), **changes)  # type: ignore[arg-type]  # fields of Slo


SLOS = [
    PLAIN,
    other("strict", unmeasured=Unmeasured.BAD),
    other("monthly", window_ns=30 * DAY, calendar=Calendar(datetime(2026, 1, 1), "Europe/Berlin", 1, "M")),  # noqa: DTZ001 -- the zone stands beside it
    other("unborn", description='says "nothing"', service='a"b\\c'),
    other("half"),
    replace(other("both"), indicator=Composite(MEMBERS)),
]


@cache
def judged() -> tuple[Catalogue, Glance]:
    """After some minutes with failures, of which one objective was seen in half, and one not at all."""
    catalogue = Catalogue(slos={slo.name: slo for slo in SLOS})
    evaluator = Evaluator(catalogue, few=0)
    streams = {slo.name: stream for slo in SLOS for stream in slo.measured if slo.name != "unborn"}
    streams |= {f"member-{n}": stream for n, stream in enumerate(catalogue.slos["both"].measured)}
    evaluator.apply(schedules=[Schedule(stream, START, Fraction(1), 1) for stream in streams.values()])
    now = START
    for step in range(200):
        now += 10 * SECOND
        good, bad = (9, 1) if step % 20 == 19 else (10, 0)
        counts = {name: (5, 0) if name == "half" else (good, bad) for name in streams}
        deltas = [Delta(streams[name], now - 10 * SECOND, *count, 1) for name, count in counts.items()]
        evaluator.apply(deltas, [Progress(stream, "canary/main/0", now) for stream in streams.values()])
        evaluator.tick(now)
    return catalogue, Bounded(evaluator.tick(now).statuses, catalogue.slos)


def scraped(catalogue: Catalogue, statuses: object) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    world = World(definitions=catalogue, judged=statuses)  # type: ignore[arg-type]  # the fake's is a dict
    families = text_string_to_metric_families(exposition(world, world, EventCounters())[0].decode())
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def test_columns_say_what_is_said_one_by_one() -> None:
    catalogue, statuses = judged()
    assert {name for figures in statuses.figures() for name in figures.names} == {s.name for s in SLOS} - {"both"}
    columns, single = scraped(catalogue, statuses), scraped(catalogue, dict(statuses))
    assert columns.keys() == single.keys()
    assert columns == pytest.approx(single, rel=1e-9)


def test_columns_are_scraped_without_making_statuses() -> None:
    catalogue, statuses = judged()
    made: list[str] = []

    class Counting(Bounded):
        def __getitem__(self, name: str) -> object:  # type: ignore[override]  # for the test's eyes only
            made.append(name)
            return super().__getitem__(name)

    scraped(catalogue, Counting(statuses, catalogue.slos))
    assert set(made) == {"both"}


def test_objectives_that_came_or_went_since_the_tick_are_told_as_they_are_defined() -> None:
    catalogue, statuses = judged()
    kept = {name: slo for name, slo in catalogue.slos.items() if name != "half"}
    found = scraped(Catalogue(slos=kept | {"new": other("new")}), Bounded(statuses, kept))
    told = {dict(labels)["slo"] for name, labels in found if name == "slo_burn_rate"}
    assert told == {"orders-freshness", "strict", "monthly", "both"}
    states = {
        dict(labels)["slo"]: dict(labels)["state"] for (n, labels), on in found.items() if n == "slo_state" and on
    }
    assert states["new"] == "unknown"
    assert "half" not in states


def test_the_budget_is_told_as_a_share_in_seconds_and_in_events() -> None:
    catalogue, statuses = judged()
    found, status = scraped(catalogue, statuses), statuses["strict"]
    labels = frozenset({"slo": "strict", "service": "orders", "pipeline": "orders"}.items())
    left = status.budget.remaining
    assert left is not None
    assert found["slo_error_budget_remaining_ratio", labels] == pytest.approx(float(left))
    assert found["slo_error_budget_remaining_seconds", labels] == pytest.approx(float(left) * 36)
    assert found["slo_error_budget_remaining_events", labels] == pytest.approx(float(left) * 36)


def test_a_tier_beside_the_declared_ones_fires_and_has_no_factor() -> None:
    catalogue, statuses = judged()
    found = scraped(catalogue, statuses)
    tiers = {(name, dict(labels)["tier"]) for name, labels in found if name.startswith("slo_tier_")}
    assert {("slo_tier_firing", "early"), ("slo_tier_firing", "no-data"), ("slo_tier_factor", "page-1h")} <= tiers
    assert not {("slo_tier_factor", "early"), ("slo_tier_frozen", "no-data")} & tiers


def test_counters_are_of_what_is_counted_slices_or_all_members() -> None:
    halves = other("halves", budgeting=RatioTimeslices(MINUTE))
    both = SLOS[-1]
    catalogue = Catalogue(slos={slo.name: slo for slo in (PLAIN, halves, both)})
    counters = EventCounters()
    left, right = both.measured
    counters.add([Delta(PLAIN.stream.id, START, 7, 1, 1), Delta(left, START, 3, 1, 1), Delta(right, START, 4, 1, 1)])
    counters.add([Delta(halves.stream.id, START, 60, 60, 1), Delta(halves.counted, START, 5 * 10**8, 5 * 10**8, 1)])
    counters.add([Delta(right, START, -1, 1, 0)])
    world = World(definitions=catalogue, judged={})
    said = exposition(world, world, counters)[0].decode()
    labels = {name: f'{{slo="{name}",service="orders",pipeline="orders",result=' for name in catalogue.slos}
    for name, good, bad in ((PLAIN.name, 7.0, 1.0), ("halves", 0.5, 0.5), ("both", 7.0, 3.0)):
        assert f'slo_events_total{labels[name]}"good"}} {good}\n' in said
        assert f'slo_events_total{labels[name]}"bad"}} {bad}\n' in said
    assert f'slo_corrections_total{labels["both"]}"good"}} 1.0\n' in said


@pytest.mark.parametrize("few", [0, 8], ids=["columns", "one by one"])
def test_the_budget_of_ratios_is_told_in_slices(few: int) -> None:
    slo = other("halves", budgeting=RatioTimeslices(MINUTE))
    evaluator = Evaluator(Catalogue(slos={slo.name: slo}), few=few)
    evaluator.apply(schedules=[Schedule(slo.stream.id, START - HOUR, Fraction(1), 1)])
    evaluator.apply(progress=[Progress(slo.stream.id, "canary/main/0", START)])
    evaluator.apply([Delta(slo.counted, at, 10**9, 0, 1) for at in range(START - HOUR, START, MINUTE)])
    found = scraped(Catalogue(slos={slo.name: slo}), evaluator.tick(START).statuses)
    (left,) = [value for (name, _), value in found.items() if name == "slo_error_budget_remaining_events"]
    assert left == pytest.approx(0.6)
