"""A stream's id is kept beside its counts for years: a change of one loses the history of everyone who upgrades."""

from __future__ import annotations

from fractions import Fraction

import pytest

from slo_service.domain.indicator import (
    Basis,
    Comparison,
    Completeness,
    Composite,
    Duplicates,
    Freshness,
    Indicator,
    Intake,
    Lag,
    Late,
    Member,
    Method,
    Metric,
    Ratio,
    Schedule,
    Side,
    Stream,
    Threshold,
)
from slo_service.domain.instant import MINUTE, SECOND

ERRORS = Metric.of("Prometheus", "main", {"query": "errors"})
ALL = Metric.of("Prometheus", "main", {"query": "all"})
FRESH = Freshness("c", 30 * SECOND)
LAGGING = Lag("cleaning", MINUTE)

EVERY = [
    pytest.param(FRESH, Method.CANARY, Basis.EVENTS, id="freshness"),
    pytest.param(Completeness("c", 5 * MINUTE), Method.CANARY, Basis.EVENTS, id="completeness"),
    pytest.param(Duplicates("c"), Method.CANARY, Basis.SLICES, id="duplicates"),
    pytest.param(Intake("c"), Method.CANARY, Basis.EVENTS, id="intake"),
    pytest.param(LAGGING, Method.LAG, Basis.SLICES, id="lag"),
    pytest.param(Ratio(Side.BAD, ERRORS, ALL), Method.QUERY, Basis.SLICES, id="ratio"),
    pytest.param(Threshold(ALL, Comparison.LT, Fraction(1, 2)), Method.QUERY, Basis.SLICES, id="threshold"),
]


@pytest.mark.parametrize(("indicator", "method", "basis"), EVERY)
def test_an_indicator_says_how_it_is_come_by_and_what_its_coverage_counts(
    indicator: Indicator, method: Method, basis: Basis
) -> None:
    assert (indicator.method, indicator.basis) == (method, basis)


def test_a_composite_is_measured_as_its_first_member_is() -> None:
    composite = Composite((Member("a", LAGGING, Fraction(9, 10)), Member("b", FRESH, Fraction(9, 10))))
    assert (composite.method, composite.basis) == (Method.LAG, Basis.SLICES)


@pytest.mark.parametrize(
    ("indicator", "body"),
    [
        (FRESH, {"kind": "freshness", "canary": "c", "within_ns": 30 * SECOND, "at": "sink"}),
        (Completeness("c", 7, "cleaning"), {"kind": "completeness", "canary": "c", "by_ns": 7, "at": "cleaning"}),
        (Duplicates("c"), {"kind": "duplicates", "canary": "c", "at": "sink"}),
        (Intake("c"), {"kind": "intake", "canary": "c"}),
        (LAGGING, {"kind": "lag", "stage": "cleaning", "within_ns": MINUTE}),
        (
            Ratio(Side.GOOD, ERRORS, ALL, counter=True),
            {"kind": "ratio", "good": ERRORS.canonical(), "total": ALL.canonical(), "counter": True},
        ),
        (Ratio(Side.FAILURE, ERRORS), {"kind": "ratio", "failure": ERRORS.canonical(), "counter": False}),
        (
            Threshold(ALL, Comparison.GTE, Fraction(1, 2)),
            {"kind": "threshold", "metric": ALL.canonical(), "op": "gte", "value": "1/2"},
        ),
        (
            Composite((Member("a", FRESH, Fraction(9, 10)),)),
            {"kind": "composite", "members": [FRESH.canonical()]},
        ),
    ],
)
def test_what_makes_a_measurement_itself_is_spelt_the_same_for_ever(
    indicator: Indicator, body: dict[str, object]
) -> None:
    assert indicator.canonical() == body


def test_a_query_is_the_same_however_its_texts_are_padded_and_its_fields_ordered() -> None:
    one = Metric.of("Prometheus", "", {"query": " up\n", "labels": [" a ", {"b": "c "}], "step": 5})
    other = Metric.of("Prometheus", "", {"step": 5, "labels": ("a", {"b": "c"}), "query": "up"})
    assert one == other
    assert one.fields == {"query": "up", "labels": ["a", {"b": "c"}], "step": 5}
    assert one.canonical() == {"source": "Prometheus", "data_source": "", "asked": one.fields}


def test_ids_of_streams_do_not_change_between_versions() -> None:
    assert Stream("orders", FRESH).id == "5927a9e951203f5973a874b9"
    assert (
        Stream("orders", LAGGING, 30 * SECOND, "Timeslices 9/10 1m", (("b", "2"), ("a", "1"))).id
        == "ec85a3064f890eb630153810"
    )


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Stream("payments", FRESH), id="pipeline"),
        pytest.param(Stream("orders", LAGGING), id="indicator"),
        pytest.param(Stream("orders", FRESH, 30 * SECOND), id="slice width"),
        pytest.param(Stream("orders", FRESH, budgeting="RatioTimeslices 1m"), id="budgeting"),
        pytest.param(Stream("orders", FRESH, group=(("region", "eu"),)), id="group"),
    ],
)
def test_another_meaning_of_a_count_is_another_stream(other: Stream) -> None:
    assert other.id != Stream("orders", FRESH).id


def test_the_order_in_which_group_labels_are_written_says_nothing() -> None:
    labels = (("a", "1"), ("b", "2"))
    assert Stream("orders", FRESH, group=labels).id == Stream("orders", FRESH, group=labels[::-1]).id


def test_expected_events_are_so_many_a_second() -> None:
    schedule = Schedule("s", 0, Fraction(1, 3), sources=2)
    assert schedule.expected_events(10 * SECOND) == Fraction(10, 3)


def test_a_member_weighs_one_and_what_it_misses_stays_missing_unless_it_says_otherwise() -> None:
    member = Member("a", FRESH, Fraction(9, 10))
    assert (member.weight, member.late) == (1, Late.IGNORE)
    assert Ratio(Side.GOOD, ERRORS).counter is False
